// SPDX-License-Identifier: GPL-2.0-only
// Pages are made anew when the lab changes. Who works by keys stays at the same thing, and what was typed stays: a
// thing is known by its data-key, its id, its name for a screen reader or its text, in that order.

const FOCUSABLE = 'a[href], button, input, summary, [tabindex]';

let waiting = null; // had the focus, and cannot take it while something is being done

const keyOf = (e) => e.dataset.key || e.id || e.getAttribute('aria-label') || `${e.localName} ${e.textContent.trim()}`;
const alike = (root, selector, key) => [...root.querySelectorAll(selector)].filter((e) => keyOf(e) === key);

function remember(root, e) {
  const key = keyOf(e);
  const caret = e.localName === 'input' ? [e.selectionStart, e.selectionEnd] : null;
  return {root, key, nth: alike(root, FOCUSABLE, key).indexOf(e), caret};
}

/** What has the focus in root; where nothing has, what waits for it. */
function wanted(root) {
  const active = document.activeElement;
  if (active !== root && root.contains(active)) return remember(root, active);
  return waiting?.root === root && active === root ? waiting : null;
}

function giveBack(want) {
  const found = alike(want.root, FOCUSABLE, want.key);
  const e = found[want.nth] ?? found.at(-1);
  waiting = e?.disabled ? want : null;
  const takes = e && !e.disabled ? e : want.root;
  takes.focus({preventScroll: true});
  if (takes === e && want.caret?.[0] !== null && want.caret) e.setSelectionRange(...want.caret);
}

/** Makes root anew by calling remake(). */
export function keeping(root, remake) {
  const want = wanted(root);
  const typed = [...root.querySelectorAll('input')].map((e) => [keyOf(e), e.value]);
  const opened = [...root.querySelectorAll('details[data-key]')].map((e) => [keyOf(e), e.open]);
  remake();
  for (const [key, value] of typed) for (const e of alike(root, 'input', key)) e.value = value;
  for (const [key, open] of opened) for (const e of alike(root, 'details', key)) e.open = open;
  if (want) giveBack(want);
}
