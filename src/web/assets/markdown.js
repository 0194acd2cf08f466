// SPDX-License-Identifier: GPL-2.0-only
// The Markdown of lab files: paragraphs, lists, code, emphasis.
import {el} from './text.js';

function inline(text) {
  const parts = [];
  const pattern = /`([^`]+)`|\*\*([^*]+)\*\*|\*([^*\s][^*]*)\*/g;
  let at = 0;
  for (const m of text.matchAll(pattern)) {
    parts.push(text.slice(at, m.index));
    if (m[1]) parts.push(el('code', null, m[1]));
    else if (m[2]) parts.push(el('strong', null, ...inline(m[2])));
    else parts.push(el('em', null, ...inline(m[3])));
    at = m.index + m[0].length;
  }
  parts.push(text.slice(at));
  return parts;
}

const item = /^\s*(?:[-*]|(\d+)[.)])\s+(.*)$/;

function takeList(lines) {
  const ordered = Boolean(item.exec(lines[0])[1]);
  const items = [];
  while (lines.length && lines[0].trim()) {
    const m = item.exec(lines[0]);
    if (m) items.push(m[2]);
    else items[items.length - 1] += ` ${lines[0].trim()}`;
    lines.shift();
  }
  return el(ordered ? 'ol' : 'ul', null, items.map((text) => el('li', null, inline(text))));
}

function takeCode(lines) {
  const code = [];
  if (lines[0].startsWith('```')) {
    lines.shift();
    while (lines.length && !lines[0].startsWith('```')) code.push(lines.shift());
    lines.shift();
  } else {
    while (lines.length && /^( {4}|\t|$)/.test(lines[0])) code.push(lines.shift().replace(/^( {4}|\t)/, ''));
  }
  return el('pre', null, el('code', null, code.join('\n').trimEnd()));
}

function takeParagraph(lines) {
  const words = [];
  while (lines.length && lines[0].trim() && !lines[0].startsWith('```') && !item.test(lines[0]))
    words.push(lines.shift().trim());
  const heading = /^#+\s+(.*)$/.exec(words[0] ?? '');
  if (heading) return el('h4', null, inline([heading[1], ...words.slice(1)].join(' ')));
  return el('p', null, inline(words.join(' ')));
}

/** Elements for a text. */
export function markdown(text) {
  const lines = (text ?? '').split('\n');
  const out = [];
  while (lines.length) {
    if (!lines[0].trim()) lines.shift();
    else if (/^(```| {4}|\t)/.test(lines[0])) out.push(takeCode(lines));
    else if (item.test(lines[0])) out.push(takeList(lines));
    else out.push(takeParagraph(lines));
  }
  return out;
}

/** One line of it. */
export function words(text) {
  return inline(text);
}
