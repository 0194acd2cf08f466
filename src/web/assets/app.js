// SPDX-License-Identifier: GPL-2.0-only
// The page as a whole: what labctl tells becomes what is seen.
import {keeping} from './focus.js';
import * as panel from './panel.js';
import {Scene} from './scene.js';
import {ask, dropKey, findKey, follow, run, setKey} from './stream.js';
import {el} from './text.js';

const CALLS_MAX = 50;
const $ = (id) => document.getElementById(id);

const state = {lab: '', up: false, control: false, running: null, scene: null, lesson: null, calls: [], nodes: new Set(), said: null, report: null, links: null, picked: null, again: null, second: false};
const scene = new Scene($('picture'), $('camera'), pick);
const actions = {run: doRun, open, explain, explainTo, pickSecond, showCall};

/* --- tabs --- */

const tabs = [...document.querySelectorAll('[role=tab]')];

function showTab(name, focus = false) {
  for (const tab of tabs) {
    const on = tab.id === `tab-${name}`;
    tab.setAttribute('aria-selected', String(on));
    tab.tabIndex = on ? 0 : -1;
    $(tab.getAttribute('aria-controls')).hidden = !on;
    if (on && focus) tab.focus();
  }
  if (name === 'links') lookAtLinks();
}

for (const [i, tab] of tabs.entries()) {
  tab.addEventListener('click', () => showTab(tab.id.slice(4)));
  tab.addEventListener('keydown', (e) => {
    const step = {ArrowRight: 1, ArrowLeft: -1}[e.key];
    if (!step) return;
    showTab(tabs[(i + step + tabs.length) % tabs.length].id.slice(4), true);
    e.preventDefault();
  });
}

function put(name, content) {
  const page = $(name);
  keeping(page, () => page.replaceChildren(...content.flat(Infinity).filter(Boolean)));
}

function count(name, n) {
  const tab = $(`tab-${name}`);
  tab.querySelector('.count')?.remove();
  if (n) tab.append(el('span', {class: 'count'}, String(n)));
}

/* --- what is told --- */

function renderLesson() {
  put('lesson', panel.lessonPage(state, actions));
  put('checks', panel.checksPage(state, actions));
  count('checks', state.report?.failed ? `${state.report.failed} ✗` : state.report ? '✓' : '');
}

function renderLinks() {
  put('links', panel.linksPage(state, actions));
}

function lookAtLinks() {
  if (state.control && state.up && !state.running) doRun('links');
}

function renderCalls() {
  put('calls', panel.callsPage(state, actions));
  count('calls', state.calls.length);
}

function notice(text) {
  $('notice').textContent = text;
  $('notice').hidden = !text;
}

function fillLists() {
  const option = (value, label) => el('option', {value, label});
  const boxes = state.scene.boxes.flatMap((b) => (b.ns && b.kind !== 'function' ? [b.ns] : b.members));
  $('nodes').replaceChildren(...[...new Set([...boxes, ...state.nodes])].map((n) => option(n)));
  $('targets')?.remove();
  document.body.append(el('datalist', {id: 'targets'},
    [...state.nodes].map((n) => option(n)),
    state.scene.apis.map((a) => option(`${a.method} ${a.url}`, `API ${a.name}`))));
}

function takeSnapshot(s) {
  Object.assign(state, {lab: s.lab, up: s.up, control: s.control, running: s.running});
  document.body.classList.toggle('down', !s.up);
  $('subtitle').textContent = s.up ? s.scene.lab : s.lab;
  if (!s.up) {
    notice(`${s.lab} is down. It appears again when it is up.`);
    scene.reset();
    return;
  }
  notice('');
  $('title').textContent = s.scene.title || s.scene.lab;
  document.title = `${s.scene.lab} – labctl`;
  state.lab = s.scene.lab;
  state.scene = s.scene;
  state.lesson = s.lesson;
  state.calls = [...s.calls].reverse();
  state.nodes = new Set(Object.keys(s.scene.nodes));
  scene.set(s.scene);
  scene.setRates(s.rates);
  fillLists();
  renderLesson();
  renderLinks();
  renderCalls();
  if (state.again) state.again();
  else put('node', panel.emptyPage());
}

function takeCalls(calls) {
  for (const call of calls) {
    state.calls.unshift(call);
    scene.flow.show(call);
  }
  state.calls.length = Math.min(state.calls.length, CALLS_MAX);
  renderCalls();
}

function takeRan(ran) {
  state.running = null;
  state.said = ran;
  if (ran.do === 'test') state.report = ran.json?.checks ? ran.json : null;
  else if (!['hint', 'check', 'links'].includes(ran.do)) state.report = null;
  if (ran.do === 'links') state.links = ran.json?.links ?? state.links;
  renderLesson();
  renderLinks();
  if (['down', 'up', 'reset'].includes(ran.do)) lookAtLinks();
}

const takers = {
  snapshot: takeSnapshot,
  rates: (rates) => scene.setRates(rates),
  calls: takeCalls,
  lesson(lesson) {
    state.lesson = lesson;
    renderLesson();
  },
  runs(what) {
    state.running = what.do;
    renderLesson();
    renderLinks();
  },
  ran: takeRan,
};

/* --- what is chosen --- */

const boxOf = (ns) => state.scene.nodes[ns] ?? state.scene.boxes.findIndex((b) => (b.ns === ns && b.kind !== 'function') || b.members.includes(ns));

/** Details of a namespace; turn: bring its tab to the front. */
async function open(ns, turn = true) {
  const box = boxOf(ns);
  state.picked = ns;
  state.again = () => open(ns, false);
  if (box >= 0) {
    scene.select(box);
    scene.mark([]);
    if (turn) scene.show(box, false);
  }
  if (turn) {
    put('node', panel.waitPage(ns));
    showTab('node');
  }
  try {
    const node = await ask(`/api/node?name=${encodeURIComponent(ns)}`);
    if (state.picked === ns) put('node', panel.nodePage(state, node, actions));
  } catch (error) {
    if (state.picked === ns) put('node', panel.errorPage(ns, error));
  }
}

const PLACES = new Set(['ecs', 'host', 'public-host', 'vpc', 'vbr', 'tr', 'cpe']); // what answers by itself

/** Only the first need be a node, which sends; towards the second, whatever `labctl explain` knows. */
function pickTo(from, i) {
  const box = state.scene.boxes[i];
  const apis = state.scene.apis.filter((a) => (box.kind === 'function' ? a.function === box.name : a.gateway === i));
  if (box.kind === 'function' && apis.length === 1) explainTo(from, apis[0].name);
  else if (apis.length) chooseApi(from, box.id);
  else if (box.kind === 'function' && !box.count) notice(`No API of this lab leads to function ${box.name}.`);
  else if (box.members.length) notice(`${box.name} is drawn as one: name one of them under “Explain the way to”.`);
  else if (box.ns === from) notice(`Choose another box than ${from}.`);
  else if (box.ns && (PLACES.has(box.kind) || box.kind === 'gateway')) explain(from, box.ns);
  else notice(`Nothing of ${box.name} answers: choose an instance, a host, a gateway, a function, a VPC or a VBR.`);
}

/** The APIs of a gateway, or those that a function has. */
function chooseApi(from, id, turn = true) {
  const i = state.scene.boxes.findIndex((b) => b.id === id);
  const box = state.scene.boxes[i];
  state.again = () => chooseApi(from, id, false);
  if (turn) {
    endSecond();
    showTab('node');
    scene.select(boxOf(from), i);
  }
  put('node', box ? panel.apisPage(state, from, box, i, actions) : panel.emptyPage());
}

function pick(i, second) {
  const box = state.scene.boxes[i];
  if ((second || state.second) && state.nodes.has(state.picked)) {
    pickTo(state.picked, i);
    return;
  }
  if (second && state.picked) notice(`${state.picked} sends nothing by itself: choose an instance or a host first.`);
  if (box.members.length) {
    scene.select(i);
    state.picked = null;
    showMembers(box.id);
    showTab('node');
  } else {
    open(box.ns);
  }
}

/** What a box stands for; it may be another box by now, or gone. */
function showMembers(id) {
  const box = state.scene.boxes.find((b) => b.id === id);
  state.again = () => showMembers(id);
  put('node', box ? panel.membersPage(state, box, actions) : panel.emptyPage());
}

function pickSecond(from) {
  state.picked = from;
  state.second = true;
  notice(`From ${from}: choose the second node. Escape ends this.`);
}

function endSecond() {
  state.second = false;
  notice('');
}

addEventListener('keydown', (e) => {
  if (e.key === 'Escape' && state.second) endSecond();
});

/** turn: bring its tab to the front; again: asks the same of what the lab is then. */
async function showWay(title, from, to, path, turn, again) {
  const mine = (state.again = again);
  state.picked = null;
  if (turn) {
    endSecond();
    put('node', panel.waitPage(title));
    showTab('node');
  }
  scene.select(boxOf(from), to);
  if (turn) scene.mark([]);
  try {
    const way = await ask(path);
    if (state.again !== mine) return;
    put('node', panel.wayPage(state, way, actions));
    scene.mark(way.legs.flatMap((l) => scene.flow.through(l.there.map((h) => boxOf(h.ns)).filter((b) => b >= 0))));
  } catch (error) {
    if (state.again === mine) put('node', panel.errorPage(title, error));
  }
}

function explain(from, to, turn = true) {
  const box = boxOf(to);
  return showWay(`${from} → ${to}`, from, box < 0 ? null : box, `/api/explain?from=${from}&to=${to}`, turn, () => explain(from, to, false));
}

function explainTo(from, target, turn = true) {
  const api = state.scene.apis.findIndex((a) => `${a.method} ${a.url}` === target || a.name === target);
  if (api >= 0) {
    const a = state.scene.apis[api];
    showWay(`${from} → ${a.name}`, from, a.gateway, `/api/explain?from=${from}&to=api&api=${api}`, turn, () => explainTo(from, target, false));
  } else if (state.nodes.has(target)) {
    explain(from, target, turn);
  } else {
    notice(`There is no node or API ${target}.`);
  }
}

function showCall(call) {
  const ways = scene.flow.callWays(call);
  scene.select(call.from, call.to);
  scene.mark(ways.flatMap((w) => w.links));
  scene.flow.show(call);
}

async function doRun(word, link) {
  try {
    await run(word, link);
  } catch (error) {
    state.said = {do: word, status: 1, text: error.message};
    renderLesson();
    renderLinks();
  }
}

/* --- around it --- */

$('zoom-in').addEventListener('click', () => scene.view.zoom(1.3));
$('zoom-out').addEventListener('click', () => scene.view.zoom(1 / 1.3));
$('zoom-fit').addEventListener('click', () => scene.view.fit());

$('find').addEventListener('submit', (e) => {
  e.preventDefault();
  const name = $('find-name').value.trim();
  const box = state.scene ? boxOf(name) : -1;
  if (box < 0) {
    notice(`There is no node ${name}.`);
    return;
  }
  notice('');
  open(name);
  scene.show(box, true);
});

const dark = matchMedia('(prefers-color-scheme: dark)');

function setTheme(name) {
  document.documentElement.dataset.theme = name;
  $('theme').setAttribute('aria-pressed', String(name === 'dark'));
}

setTheme(localStorage.getItem('labctl-theme') ?? (dark.matches ? 'dark' : 'light'));
dark.addEventListener('change', () => {
  if (!localStorage.getItem('labctl-theme')) setTheme(dark.matches ? 'dark' : 'light');
});
$('theme').addEventListener('click', () => {
  const name = document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark';
  localStorage.setItem('labctl-theme', name);
  setTheme(name);
});

/* --- the way to labctl --- */

function onState(what) {
  const pill = $('link-state');
  pill.className = `pill ${what}`;
  pill.textContent = {live: 'live', lost: 'connection lost', key: 'no key'}[what];
  if (what === 'key') {
    dropKey();
    showGate('This key is not the one of this page.');
  }
}

function begin() {
  $('gate').hidden = true;
  follow((name, data) => takers[name]?.(data), onState);
}

function showGate(text) {
  $('gate').hidden = false;
  $('key-wrong').textContent = text;
  $('key').focus();
}

$('key-form').addEventListener('submit', (e) => {
  e.preventDefault();
  if (setKey($('key').value)) begin();
  else $('key-wrong').textContent = 'A key has 32 digits; it stands behind # in the address.';
});

put('node', panel.emptyPage());
if (findKey()) begin();
else showGate('');
