// SPDX-License-Identifier: GPL-2.0-only
// What stands beside the picture: lesson, checks, calls, a node, a way.
import {markdown, words} from './markdown.js';
import {clock, el, kindName, milliseconds, rate} from './text.js';

const button = (text, action, attributes) => el('button', {type: 'button', onclick: action, ...attributes}, text);

function section(title, ...content) {
  return el('section', null, el('h3', null, title), ...content);
}

function table(heads, rows) {
  return el('div', {class: 'scroll'},
    el('table', null,
      el('thead', null, el('tr', null, heads.map((h) => el('th', {scope: 'col'}, h)))),
      el('tbody', null, rows.map((row) => el('tr', row.attributes ?? null, (row.cells ?? row).map((c) => el('td', null, c)))))));
}

const place = (at) => (at ? el('span', {class: 'at', title: 'line of the lab file'}, at) : null);
const none = (text) => el('p', {class: 'muted'}, text);

/* --- lesson and checks --- */

function placeItem(p) {
  const mark = p.here ? 'here' : p.done ? 'done' : '';
  return el('li', {class: `${mark}${p.of ? ' exercise' : ''}`, 'aria-current': p.here ? 'step' : null},
    el('span', {class: 'mark', 'aria-hidden': 'true'}, p.done ? '✓' : ''),
    el('span', null, p.title ?? p.id, p.done && el('span', {class: 'hidden'}, ' (done)')));
}

export function lessonPage(state, actions) {
  const lesson = state.lesson;
  if (!lesson) return [none('The lab is down.')];
  const here = lesson.here;
  const steps = lesson.places.filter((p) => !p.of);
  const at = steps.findIndex((p) => p.id === here.id?.split('/')[0]);
  if (!lesson.steps)
    return [
      el('h2', null, here.title ?? state.lab),
      el('div', {class: 'prose'}, markdown(here.text ?? '')),
      none('This lab has no steps. Choose a box in the picture to see what is in it; a second one with Shift held explains the way between both.'),
    ];
  return [
    el('p', {class: 'over'}, at > 0 ? `Step ${at} of ${lesson.steps}` : 'Before the first step'),
    el('h2', null, here.title ?? state.lab),
    state.control && el('div', {class: 'buttons'},
      button('Back', () => actions.run('back'), {disabled: !lesson.back || Boolean(state.running)}),
      button('Next step', () => actions.run('next'), {class: 'main', disabled: !lesson.next || Boolean(state.running)}),
      button('Check', () => actions.run('check'), {disabled: Boolean(state.running)}),
      button('Hint', () => actions.run('hint'), {disabled: Boolean(state.running)})),
    lessonOutput(state),
    el('div', {class: 'prose'}, markdown(here.text ?? '')),
    here.tries.length > 0 && section('Try', el('ul', {class: 'prose'}, here.tries.map((t) => el('li', null, words(t))))),
    section('The way', el('ol', {class: 'places'}, lesson.places.map(placeItem))),
  ];
}

const saidNames = {next: 'The step', back: 'The step back', start: 'The start', check: 'The checks', hint: 'A hint'};

function lessonOutput(state) {
  if (['links', 'down', 'up', 'reset'].includes(state.running)) return null;
  if (state.running && state.running !== 'test') return el('p', {class: 'working', role: 'status'}, {next: 'The lab is being changed', back: 'The lab is being changed', start: 'The lab is brought up'}[state.running] ?? 'Working');
  const said = state.said;
  if (!said || !(said.do in saidNames)) return null;
  return el('details', {class: said.status === 0 ? 'said' : 'said bad', open: ['hint', 'check'].includes(said.do) || said.status !== 0},
    el('summary', null, said.status === 0 ? saidNames[said.do] ?? said.do : `${saidNames[said.do] ?? said.do}: failed`),
    el('pre', null, said.text.trim()));
}

function checkItem(check, result, running) {
  const verdict = running ? 'waits' : !result ? 'open' : result.verdict === 'ok' ? 'ok' : 'failed';
  const mark = {waits: '…', open: '', ok: '✓', failed: '✗'}[verdict];
  const name = {waits: 'running', open: 'not run yet', ok: 'holds', failed: 'failed'}[verdict];
  return el('li', {class: verdict},
    el('span', {class: 'mark', 'aria-hidden': 'true'}, mark),
    el('div', null,
      el('p', null, check.title ?? check.id, el('span', {class: 'hidden'}, ` (${name})`)),
      result?.measured && el('p', {class: 'muted'}, result.measured),
      result?.why && el('p', {class: 'bad'}, result.why),
      result?.evidence && el('details', {'data-key': `evidence ${check.id}`}, el('summary', {'data-key': `of ${check.id}`}, 'Evidence'), el('pre', null, result.evidence))),
    result && el('span', {class: 'at'}, `${result.ms} ms`));
}

export function checksPage(state, actions) {
  const checks = state.lesson?.checks ?? [];
  const report = state.report;
  const running = state.running === 'test';
  const results = new Map((report?.checks ?? []).map((c) => [c.id, c]));
  const failed = report?.failed ?? 0;
  return [
    el('h2', null, 'Checks'),
    state.control
      ? el('div', {class: 'buttons'}, button(running ? 'Running' : 'Run the checks', () => actions.run('test'), {class: 'main', 'data-key': 'test', disabled: Boolean(state.running) || checks.length === 0}))
      : el('p', {class: 'muted'}, 'Run them by ', el('code', null, `labctl test ${state.lab}`), ', or start this page with ', el('code', null, '--control'), '.'),
    state.said?.do === 'test' && !report && el('pre', {class: 'bad'}, state.said.text.trim()),
    report && !running && el('p', {class: failed ? 'bad' : 'good', role: 'status'}, failed ? `${failed} of ${report.ok + failed} checks failed` : `All ${report.ok} checks hold`),
    checks.length ? el('ul', {class: 'checks'}, checks.map((c) => checkItem(c, results.get(c.id), running))) : none('There are no checks here.'),
  ];
}

/* --- links --- */

function linkItem(l, state, actions) {
  const down = l.state === 'down';
  const values = [l.rate, l.rtt && `rtt ${l.rtt}`, l.jitter && `jitter ${l.jitter}`, l.loss && `loss ${l.loss}`].filter(Boolean).join(', ');
  return [
    el('span', null, el('b', null, l.link), ' ', place(l.at)),
    el('span', null, down ? el('span', {class: 'bad'}, 'down') : 'up', l.changed.length > 0 && el('span', {class: 'muted'}, ` (not as in the file: ${l.changed.join(' ')})`)),
    values,
    button(down ? 'Mend' : 'Break', () => actions.run(down ? 'up' : 'down', l.link), {disabled: Boolean(state.running), 'data-key': `link ${l.link}`, 'aria-label': `${down ? 'Mend' : 'Break'} ${l.link}`}),
  ];
}

export function linksPage(state, actions) {
  const hint = 'Break, mend and slow links by ';
  if (!state.control)
    return [el('h2', null, 'Links'), el('p', {class: 'muted'}, hint, el('code', null, `labctl link ${state.lab}`), ', or start this page with ', el('code', null, '--control'), '.')];
  const failed = ['links', 'down', 'up', 'reset'].includes(state.said?.do) && state.said.status !== 0;
  return [
    el('h2', null, 'Links'),
    el('div', {class: 'buttons'},
      button('Back to the lab file', () => actions.run('reset'), {disabled: Boolean(state.running) || !state.links?.some((l) => l.changed.length)})),
    failed && el('pre', {class: 'bad', role: 'alert'}, state.said.text.trim()),
    !state.links ? none('Looking') : state.links.length ? table(['Link', 'State', 'As it is', ''], state.links.map((l) => linkItem(l, state, actions))) : none('This lab has no links that could be broken.'),
    el('p', {class: 'muted'}, 'To slow one: ', el('code', null, `labctl link ${state.lab} LINK set rtt=200ms loss=5%`)),
  ];
}

/* --- calls --- */

export function callsPage(state, actions) {
  const name = (i) => (i === null ? null : state.scene?.boxes[i]?.name);
  return [
    el('h2', null, 'Calls'),
    state.calls.length === 0 && none('No gateway of this lab has been called yet.'),
    el('ol', {class: 'calls'}, state.calls.map((c) => el('li', null,
      el('button', {type: 'button', 'data-key': c.id, onclick: () => actions.showCall(c)},
        el('span', {class: `status ${c.status < 400 ? 'good' : 'bad'}`}, String(c.status)),
        el('span', {class: 'what'}, el('b', null, c.method), ` ${c.path}`),
        el('span', {class: 'who'}, [name(c.from) ?? c.client, name(c.gateway), name(c.to) ?? c.backend].filter(Boolean).join(' → ')),
        el('span', {class: 'at'}, `${clock(c.at)} · ${c.ms} ms`),
        c.error && el('span', {class: 'bad'}, [c.error, c.message].filter(Boolean).join(': ')))))),
  ];
}

/* --- a node --- */

function flowWords(d) {
  return d.state === 'down' || d.state === 'missing' ? el('span', {class: 'bad'}, d.state) : `${rate(d.in)} in, ${rate(d.out)} out`;
}

function devicesTable(node, actions) {
  return table(['Interface', 'To', 'Traffic'], node.devices.map((d) => [
    el('code', {title: d.alias}, d.dev), button(d.peer, () => actions.open(d.peer), {class: 'link'}), flowWords(d)]));
}

function routesTable(node) {
  const rows = [...node.routes].sort((a, b) => (a.table === b.table ? 0 : a.table < b.table ? 1 : -1));
  return table(['Destination', 'By', 'Source', 'Table'], rows.map((r) => [
    el('code', null, r.to), r.blackhole ? el('span', {class: 'muted'}, 'dropped') : el('span', null, el('code', null, r.dev), r.via && ` via ${r.via}`),
    el('span', null, r.source, ' ', place(r.at)), r.table]));
}

function rulesTable(node) {
  const from = (r) => [r.iif && `in by ${r.iif}`, r.oif && `out by ${r.oif}`, r.from !== 'default' && `from ${r.from}`].filter(Boolean).join(', ');
  return table(['Order', 'Packets', 'Table'], node.rules.map((r) => [String(r.priority), from(r) || 'all', el('span', null, r.table, ' ', place(r.at))]));
}

function wayForm(state, from, actions) {
  const input = el('input', {id: 'way-to', list: 'targets', placeholder: 'node or API', autocomplete: 'off', spellcheck: 'false', required: true});
  return el('form', {class: 'way', onsubmit: (e) => { e.preventDefault(); actions.explainTo(from, input.value.trim()); }},
    el('label', {for: 'way-to'}, 'Explain the way to'), input, button('Explain', null, {type: 'submit'}),
    button('Pick in the picture', () => actions.pickSecond(from), {class: 'quiet'}));
}

export function membersPage(state, box, actions) {
  return [
    el('p', {class: 'over'}, kindName(box.kind)),
    el('h2', null, box.name),
    el('p', {class: 'muted'}, 'Drawn as one box. Choose one:'),
    el('ul', {class: 'members'}, box.members.map((m) => el('li', null, button(m, () => actions.open(m), {class: 'link'})))),
  ];
}

export function apisPage(state, from, box, i, actions) {
  const apis = state.scene.apis.filter((a) => (box.kind === 'function' ? a.function === box.name : a.gateway === i));
  return [
    el('p', {class: 'over'}, kindName(box.kind)),
    el('h2', null, `${from} → ${box.name}`),
    el('p', {class: 'muted'}, 'It is called by its APIs. Choose one:'),
    el('ul', {class: 'members'}, apis.map((a) => el('li', null, button(a.name, () => actions.explainTo(from, a.name), {class: 'link'}), ` ${a.method} `, el('code', null, new URL(a.url).pathname)))),
    box.kind === 'gateway' && el('div', {class: 'buttons'}, button(`Ping ${box.name}`, () => actions.explain(from, box.ns), {class: 'quiet'})),
  ];
}

export function nodePage(state, node, actions) {
  return [
    el('p', {class: 'over'}, node.role ?? 'namespace', ' ', place(node.at)),
    el('h2', null, node.ns),
    node.drift.length > 0 && el('div', {class: 'alarm', role: 'status'}, el('p', null, 'It differs from the plan:'), el('ul', null, node.drift.map((d) => el('li', null, d)))),
    node.node && wayForm(state, node.ns, actions),
    node.devices.length > 0 && section('Interfaces', devicesTable(node, actions)),
    node.addresses.length > 0 && section('Addresses', table(['Address', 'Interface', ''], node.addresses.map((a) => [
      el('code', null, a.address), el('code', null, a.dev), a.extra ? el('span', {class: 'bad'}, 'not of the plan') : place(a.at)]))),
    node.routes.length > 0 && section('Routes', routesTable(node)),
    node.rules.length > 0 && section('Rules', rulesTable(node)),
    node.filters.length > 0 && section('Security', node.filters.map((f) => el('details', {'data-key': f.table}, el('summary', null, f.table, ' ', place(f.at)), el('pre', null, f.text)))),
    node.log.length > 0 && section('Log', el('pre', {class: 'log', tabindex: 0, 'aria-label': 'Log'}, node.log.join('\n'))),
    node.node && el('p', {class: 'muted'}, 'A shell in it: ', el('code', null, `labctl shell ${state.lab} ${node.ns}`)),
  ];
}

/* --- a way --- */

function hops(list, title) {
  if (!list.length) return null;
  return el('div', null, el('h4', null, title),
    el('ol', {class: 'hops'}, list.map((h) => el('li', {class: /STOPS/.test(h.how) ? 'stops' : ''},
      el('b', null, h.place), ' ', el('span', null, h.how), ' ', place(h.at)))));
}

function leg(l, open) {
  return el('details', {class: l.passes === 'yes' ? 'leg' : 'leg bad', 'data-key': l.title, open: open || l.passes !== 'yes'},
    el('summary', null, el('span', {class: 'mark', 'aria-hidden': 'true'}, l.passes === 'yes' ? '✓' : '✗'), l.title,
      el('span', {class: 'hidden'}, l.passes === 'yes' ? ' (passes)' : ' (does not pass)')),
    l.notes.map((n) => el('p', {class: 'muted'}, n)),
    hops(l.there, 'There'), hops(l.back, 'Back'));
}

export function wayPage(state, way, actions) {
  const yes = way.reachable === 'yes';
  const figures = [way.rate && rate(way.rate), way.rtt_us && `round trip ${milliseconds(way.rtt_us)}`,
    way.loss_ppm && `${way.loss_ppm / 10000} % of round trips lost`].filter(Boolean).join(', ');
  const mend = way.mended_by;
  return [
    el('p', {class: 'over'}, way.live ? 'As the kernel has it' : 'As planned'),
    el('h2', null, `${way.from} → ${way.to}`),
    el('div', {class: yes ? 'verdict good' : 'verdict bad', role: 'status'},
      el('p', null, el('b', null, yes ? 'Reachable' : way.reachable === 'no' ? 'Not reachable' : 'Not known')),
      way.cause && el('p', null, way.cause, ' ', place(way.at)),
      way.answer && el('p', null, `Answered by ${way.answer}${way.status ? `, status ${way.status}` : ''}${way.error_code ? `, ${way.error_code}` : ''}`),
      yes && figures && el('p', null, figures)),
    !yes && (way.repaired_by_up
      ? el('p', null, 'The lab differs from its plan: ', el('code', null, `labctl up ${state.lab}`), ' repairs it.')
      : mend && el('p', null, 'Step ', el('b', null, mend.title ?? mend.id), ' makes it reachable.')),
    way.legs.map((l) => leg(l, way.legs.length === 1)),
    el('div', {class: 'buttons'}, button('The other way round', () => actions.explain(way.to, way.from), {disabled: !state.nodes.has(way.to)}),
      button(way.from, () => actions.open(way.from), {class: 'quiet'})),
  ];
}

export function errorPage(title, error) {
  return [el('h2', null, title), el('p', {class: 'bad', role: 'alert'}, error.message), error.hint && el('p', {class: 'muted'}, error.hint)];
}

export function waitPage(title) {
  return [el('h2', null, title), el('p', {class: 'working', role: 'status'}, 'Looking')];
}

export function emptyPage() {
  return [el('h2', null, 'Node'), none('Choose a box in the picture to see its addresses, routes, rules and log. Choose an instance or a host, then a second box with Shift held, and the way between both is explained.')];
}
