// SPDX-License-Identifier: GPL-2.0-only
// The picture: boxes and links at the places that labctl gave them, coloured by what goes on.
import {Flow} from './flow.js';
import {kindName, rate, shortRate, svg} from './text.js';
import {View} from './view.js';

const BUSY = 60; // percent of a link's limit
const FULL = 90;
const PILL = [112, 20];
const SMALL_PILL = [60, 20]; // as far apart as lanes are
const SQUARE = 160;
const MANY = 300; // boxes; of more, those outside of the view are not drawn

/** What a click on it can show. */
const canPick = (box) => box.ns !== null || box.members.length > 0;

function line(points) {
  return points.map(([x, y], i) => `${i ? 'L' : 'M'}${x} ${y}`).join(' ');
}

/** The longest piece of a link: its ends. */
function longest(points) {
  let best = [points[0], points[0]];
  let length = -1;
  for (let i = 1; i < points.length; i++) {
    const l = Math.abs(points[i][0] - points[i - 1][0]) + Math.abs(points[i][1] - points[i - 1][1]);
    if (l > length) [length, best] = [l, [points[i - 1], points[i]]];
  }
  return best;
}

function arrows([a, b]) {
  if (Math.abs(b[0] - a[0]) > Math.abs(b[1] - a[1])) return b[0] > a[0] ? ['→', '←'] : ['←', '→'];
  return b[1] > a[1] ? ['↓', '↑'] : ['↑', '↓'];
}

const meet = (a, b) => a[0] < b[0] + b[2] && b[0] < a[0] + a[2] && a[1] < b[1] + b[3] && b[1] < a[1] + a[3];

/** Rectangles, found by the squares that they lie in. */
class Places {
  constructor() {
    this.squares = new Map();
  }

  *#names([x, y, w, h]) {
    for (let i = Math.floor(x / SQUARE); i <= (x + w) / SQUARE; i++)
      for (let k = Math.floor(y / SQUARE); k <= (y + h) / SQUARE; k++) yield `${i} ${k}`;
  }

  add(rect) {
    for (const name of this.#names(rect)) {
      if (!this.squares.has(name)) this.squares.set(name, []);
      this.squares.get(name).push(rect);
    }
  }

  meets(rect) {
    for (const name of this.#names(rect)) if (this.squares.get(name)?.some((r) => meet(rect, r))) return true;
    return false;
  }
}

export class Scene {
  constructor(picture, camera, onPick) {
    this.picture = picture;
    this.camera = camera;
    this.onPick = onPick;
    this.view = new View(picture, camera, document.querySelector('.legend'));
    this.layers = Object.fromEntries(['boxes', 'links', 'words', 'pills', 'dots'].map((name) => [name, svg('g', {class: `layer ${name}`})]));
    camera.append(...Object.values(this.layers));
    this.flow = new Flow(this.layers.dots, (i) => this.#level(i) === 'broken');
    this.parts = [];
    this.chosen = [null, null]; // ids of boxes
    this.marked = []; // ids of links
    this.view.onChange = () => this.#cull();
    picture.addEventListener('click', (e) => this.#click(e));
    picture.addEventListener('keydown', (e) => this.#key(e));
  }

  set(scene) {
    const stood = this.#held();
    const same = this.scene && JSON.stringify(this.scene.size) === JSON.stringify(scene.size) && this.scene.boxes.length === scene.boxes.length;
    this.scene = scene;
    for (const layer of Object.values(this.layers)) layer.replaceChildren();
    this.parents = new Set(scene.boxes.map((b) => b.in));
    this.boxes = scene.boxes.map((box, i) => this.#box(box, i));
    this.links = scene.links.map((link, i) => this.#link(link, i));
    this.#placePills();
    this.#give(stood);
    this.flow.setScene(scene);
    this.#findParts();
    if (!same) this.view.setSize(scene.size);
    else this.#cull();
  }

  #indexOf(id) {
    return id === null ? -1 : this.scene.boxes.findIndex((b) => b.id === id);
  }

  /** Where keys lead to in the picture that is there now, and whether it is they that are used. */
  #held() {
    return {id: this.scene?.boxes[this.current]?.id ?? null, focus: this.camera.contains(document.activeElement)};
  }

  /** The same in the new one; a box that is gone leaves it to the first. */
  #give({id, focus}) {
    const there = this.#indexOf(id);
    this.current = there >= 0 && canPick(this.scene.boxes[there]) ? there : this.scene.boxes.findIndex(canPick);
    this.#focusable(this.current);
    if (focus) this.boxes[this.current]?.g.focus({preventScroll: true});
    const [first, second] = this.chosen.map((c) => this.#indexOf(c));
    this.select(first, second);
    this.mark(this.scene.links.flatMap((l, i) => (this.marked.includes(l.id) ? [i] : [])));
  }

  /** What of a large picture may be left out, and where it is. */
  #findParts() {
    this.parts = [];
    if (this.scene.boxes.length < MANY) return;
    this.scene.boxes.forEach(({at}, i) => this.parts.push({at, nodes: [this.boxes[i].g, this.boxes[i].words], drawn: true}));
    this.scene.links.forEach((link, i) => {
      const xs = link.points.map((p) => p[0]);
      const ys = link.points.map((p) => p[1]);
      const at = [Math.min(...xs) - 4, Math.min(...ys) - 4, Math.max(...xs) - Math.min(...xs) + 8, Math.max(...ys) - Math.min(...ys) + 8];
      this.parts.push({at, nodes: [this.links[i].g], drawn: true});
    });
  }

  #cull() {
    if (!this.parts.length) return;
    const view = this.view.area();
    for (const part of this.parts) {
      const drawn = meet(part.at, view);
      if (drawn === part.drawn) continue;
      part.drawn = drawn;
      for (const node of part.nodes) node.style.display = drawn ? '' : 'none';
    }
  }

  #describe(box) {
    const inside = box.in === null ? '' : `, in ${this.scene.boxes[box.in].name}`;
    const words = box.words.slice(1).map((w) => w[0]).join(', ');
    return `${kindName(box.kind)} ${box.name}${words ? `, ${words}` : ''}${inside}`;
  }

  #box(box, i) {
    const [x, y, w, h] = box.at;
    const parent = this.parents.has(i);
    const rx = box.kind === 'circuit' ? h / 2 : parent ? 10 : 7;
    const rect = {x, y, width: w, height: h, rx};
    const g = svg('g', {
      class: `box ${box.kind}${canPick(box) ? ' pick' : ''}${parent ? ' parent' : ''}`,
      'data-box': i,
      'data-id': box.id,
      role: canPick(box) ? 'button' : null,
      tabindex: canPick(box) ? -1 : null,
      'aria-label': canPick(box) ? this.#describe(box) : null,
    }, box.count > 0 && svg('rect', {...rect, x: x + 4, y: y + 4, class: 'card'}), svg('rect', rect));
    const words = svg('g', {class: parent ? 'of parent' : 'of leaf', 'aria-hidden': 'true'},
      box.words.map(([text, tx, ty, name], k) => svg('text', {x: tx, y: ty + (k < 2 ? 15 : 13), class: name ? 'name' : 'small'}, text)));
    this.layers.boxes.append(g);
    this.layers.words.append(words);
    return {g, words, is: [0, 0, 0, 'unknown']};
  }

  #link(link, i) {
    const d = line(link.points);
    const path = svg('path', {class: `link ${link.kind}`, d});
    const title = svg('title', null, this.#nameLink(link));
    const g = svg('g', {class: 'edge', 'data-link': i}, svg('path', {class: 'grip', d}), path, title);
    this.layers.links.append(g);
    link.labels.forEach(([text, x, y]) => this.layers.words.append(svg('text', {x, y: y + 13, class: 'small label'}, text)));
    return {g, path, d, title, piece: longest(link.points), is: [0, 0, 0, 'unknown']};
  }

  #nameLink(link) {
    return `${this.scene.boxes[link.from].name} – ${this.scene.boxes[link.to].name}`;
  }

  /** Beside each other, and not on the texts that stand there always. */
  #placePills() {
    const taken = new Places();
    for (const l of this.scene.links) for (const [text, x, y] of l.labels) taken.add([x, y, 7 * text.length, 16]);
    for (const b of this.scene.boxes)
      for (const [text, x, y, name] of b.words) taken.add([x, y, (name ? 8.5 : 7) * text.length, 18]);
    for (const link of this.links) {
      const wide = this.#spots(link, PILL).find((s) => !taken.meets(s));
      const small = wide ?? this.#spots(link, SMALL_PILL).find((s) => !taken.meets(s));
      link.spot = small ?? this.#spots(link, SMALL_PILL)[0];
      link.small = !wide;
      taken.add(link.spot);
    }
  }

  /** Where the pill of a link may stand: on its longest piece, or beside it. */
  #spots(link, [w, h]) {
    const [a, b] = link.piece;
    const level = Math.abs(b[0] - a[0]) > Math.abs(b[1] - a[1]);
    const aside = level ? [0, 25, -25, 40, -40] : [0, w / 2 + 6, -w / 2 - 6];
    return aside.flatMap((off) => [0.5, 0.36, 0.64, 0.22, 0.78].map((t) => [
      a[0] + (b[0] - a[0]) * t - w / 2 + (level ? 0 : off), a[1] + (b[1] - a[1]) * t - h / 2 + (level ? off : 0), w, h]));
  }

  /* --- what goes on --- */

  setRates({links, boxes}) {
    for (const [i, ...is] of links) this.#showLink(i, is);
    for (const [i, ...is] of boxes) this.#showBox(i, is);
  }

  reset() {
    this.links?.forEach((l, i) => this.#showLink(i, [0, 0, 0, 'unknown']));
    this.boxes?.forEach((b, i) => this.#showBox(i, [0, 0, 0, 'unknown']));
  }

  load(i) {
    const link = this.scene.links[i];
    const [there, back] = this.links[i].is;
    return Math.max(...[[there, link.limit[0]], [back, link.limit[1]]].map(([r, l]) => (l ? (100 * r) / l : 0)));
  }

  #level(i) {
    const [there, back, drops, state] = this.links[i].is;
    if (state === 'down' || state === 'missing') return 'broken';
    const load = this.load(i);
    if (load >= FULL || drops > 0) return 'full';
    if (load >= BUSY) return 'busy';
    return there + back > 0 ? 'flowing' : '';
  }

  #showLink(i, is) {
    const link = this.links[i];
    const [there, back, drops, state] = is;
    link.is = is;
    const level = this.#level(i);
    if ((level === 'broken') !== link.g.classList.contains('broken')) this.flow.forget();
    link.g.setAttribute('class', `edge ${level}`);
    link.path.style.strokeWidth = there + back > 0 ? `${Math.min(8, 2 + 0.6 * Math.log10(1 + (there + back) / 1000) ** 1.4)}px` : '';
    link.title.textContent = `${this.#nameLink(this.scene.links[i])}: ${this.describeLink(i)}`;
    this.#moving(link, level && level !== 'broken' ? (there >= back ? 'forth' : 'back') : '');
    this.#pill(link, level === 'broken' ? state : there + back + drops > 0 ? this.#short(link, there, back, drops) : '', level);
  }

  describeLink(i) {
    const [there, back, drops, state] = this.links[i].is;
    if (state === 'down' || state === 'missing') return state;
    const load = this.load(i);
    const lost = drops ? `, ${drops} lost per second` : '';
    return `${rate(there)} there, ${rate(back)} back${load ? `, ${Math.round(load)} % of its limit` : ''}${lost}`;
  }

  #short(link, there, back, drops) {
    const [forth, home] = arrows(link.piece);
    const words = link.small ? shortRate : rate;
    const text = there >= back ? `${forth} ${words(there)}` : `${home} ${words(back)}`;
    return drops ? `${text} −${drops}` : text;
  }

  #moving(link, way) {
    if (!way) {
      link.moving?.remove();
      link.moving = null;
      return;
    }
    if (!link.moving) {
      link.moving = svg('path', {d: link.d});
      link.g.append(link.moving);
    }
    link.moving.setAttribute('class', `moving ${way}`);
  }

  #pill(link, text, level) {
    if (!text) {
      link.pill?.remove();
      link.pill = null;
      return;
    }
    const [x, y, w, h] = link.spot;
    if (!link.pill) {
      link.pill = svg('g', null, svg('rect', {y, height: h, rx: h / 2}), svg('text', {x: x + w / 2, y: y + 14}));
      this.layers.pills.append(link.pill);
    }
    const width = Math.min(PILL[0] + 30, 7.1 * text.length + 18);
    link.pill.setAttribute('class', `rate-pill ${level}`);
    link.pill.firstChild.setAttribute('x', x + (w - width) / 2);
    link.pill.firstChild.setAttribute('width', width);
    link.pill.lastChild.textContent = text;
  }

  #showBox(i, is) {
    const b = this.boxes[i];
    const [out, back, , state] = is;
    b.is = is;
    b.g.classList.toggle('broken', state === 'down' || state === 'missing');
    this.#badge(i, state === 'down' || state === 'missing' ? state : out + back > 0 ? rate(Math.max(out, back)) : '', state);
  }

  /** What goes out of and into a node, on the border of its box. */
  #badge(i, text, state) {
    const b = this.boxes[i];
    const [x, y, w] = this.scene.boxes[i].at;
    if (!text) {
      b.badge?.remove();
      b.badge = null;
      return;
    }
    if (!b.badge) {
      b.badge = svg('g', null, svg('rect', {y: y - 8, height: 15, rx: 7.5}), svg('text', {y: y + 3.5}));
      this.layers.pills.append(b.badge);
    }
    const width = 5.9 * text.length + 13;
    const left = x + Math.max(w - width + 6, w / 2 - width / 2);
    b.badge.setAttribute('class', `rate-pill badge${state === 'up' ? '' : ' broken'}`);
    b.badge.firstChild.setAttribute('x', left);
    b.badge.firstChild.setAttribute('width', width);
    b.badge.lastChild.setAttribute('x', left + width / 2);
    b.badge.lastChild.textContent = text;
  }

  /* --- picking --- */

  /** Marks the first and the second of two. */
  select(first, second = null) {
    this.chosen = [first, second].map((i) => this.scene.boxes[i]?.id ?? null);
    this.boxes.forEach(({g}, i) => {
      g.classList.toggle('first', i === first);
      g.classList.toggle('second', i === second);
      if (g.hasAttribute('role')) g.setAttribute('aria-pressed', String(i === first || i === second));
    });
  }

  /** Marks the links of a way for as long as nothing else is marked. */
  mark(links) {
    this.marked = links.map((i) => this.scene.links[i]?.id);
    this.links.forEach(({g, path}, i) => {
      path.classList.toggle('marked', links.includes(i));
      if (links.includes(i)) this.layers.links.append(g);
    });
  }

  show(i, near) {
    this.view.show(this.scene.boxes[i].at, near);
  }

  #click(e) {
    if (this.view.moved) return;
    const g = e.target.closest('[data-box].pick');
    if (!g) return;
    this.#focusable(Number(g.dataset.box));
    this.onPick(Number(g.dataset.box), e.shiftKey);
  }

  #focusable(i) {
    if (i < 0) return;
    this.boxes[this.current]?.g.setAttribute('tabindex', -1);
    this.boxes[i].g.setAttribute('tabindex', 0);
    this.current = i;
  }

  /** The nearest box in a direction, from the middle of the present one. */
  #next([dx, dy]) {
    const [cx, cy, cw, ch] = this.scene.boxes[this.current].at;
    let best = -1;
    let least = Infinity;
    this.scene.boxes.forEach((box, i) => {
      if (i === this.current || !canPick(box)) return;
      const x = box.at[0] + box.at[2] / 2 - cx - cw / 2;
      const y = box.at[1] + box.at[3] / 2 - cy - ch / 2;
      const ahead = x * dx + y * dy;
      const aside = Math.abs(x * dy) + Math.abs(y * dx);
      if (ahead <= 1 || ahead + 2.2 * aside >= least) return;
      least = ahead + 2.2 * aside;
      best = i;
    });
    return best;
  }

  #key(e) {
    const ways = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};
    if (ways[e.key]) {
      const next = this.#next(ways[e.key]);
      if (next >= 0) {
        this.#focusable(next);
        this.boxes[next].g.focus({preventScroll: true});
        this.show(next, false);
      }
    } else if (e.key === '+' || e.key === '=') {
      this.view.zoom(1.25);
    } else if (e.key === '-') {
      this.view.zoom(0.8);
    } else if (e.key === '0') {
      this.view.fit();
    } else if (e.key === 'Enter' || e.key === ' ') {
      this.onPick(this.current, e.shiftKey);
    } else {
      return;
    }
    e.preventDefault();
  }
}
