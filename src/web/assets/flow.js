// SPDX-License-Identifier: GPL-2.0-only
// Calls as dots that go along the links of the picture.
import {svg} from './text.js';

const SPEED = 420; // pixels of the picture per second
const DOTS_MAX = 60;
const still = matchMedia('(prefers-reduced-motion: reduce)');

/** By which links a client's request comes, and by which the gateway asks its backend. */
const inbound = (link) => !['reach', 'invoke'].includes(link.kind) && !link.id.startsWith('interface.');
const outbound = (link) => !['bind'].includes(link.kind) || link.id.startsWith('interface.');

function middle(box) {
  const [x, y, w, h] = box.at;
  return [x + w / 2, y + h / 2];
}

export class Flow {
  /** isBroken: tells of a link by its number */
  constructor(layer, isBroken) {
    this.isBroken = isBroken;
    this.layer = layer;
    this.dots = new Set();
    this.ways = new Map();
  }

  setScene(scene) {
    this.scene = scene;
    this.ways.clear();
    this.layer.replaceChildren();
    this.dots.clear();
    this.neighbours = scene.boxes.map(() => []);
    scene.links.forEach((link, i) => {
      this.neighbours[link.from].push({to: link.to, link: i, turned: false});
      this.neighbours[link.to].push({to: link.from, link: i, turned: true});
    });
    scene.boxes.forEach((box, i) => {
      // a region is no way: what leads out of it are links
      if (box.in === null || scene.boxes[box.in].kind === 'region') return;
      this.neighbours[i].push({to: box.in});
      this.neighbours[box.in].push({to: i});
    });
  }

  /** A link broke, or was mended: ways are others from now on. */
  forget() {
    this.ways.clear();
  }

  /** The links of a way through these boxes. */
  through(boxes) {
    return boxes.slice(1).flatMap((to, i) => this.way(boxes[i], to)?.links ?? []);
  }

  /** Edges of the shortest way; null where there is none. */
  #search(from, to, allows) {
    const came = new Map([[from, null]]);
    const queue = [from];
    for (let at = queue.shift(); at !== undefined; at = queue.shift()) {
      if (at === to) {
        const edges = [];
        for (let e = came.get(at); e; e = came.get(e.at)) edges.unshift(e.edge);
        return edges;
      }
      for (const edge of this.neighbours[at]) {
        if (came.has(edge.to)) continue;
        if (edge.link !== undefined && (this.isBroken(edge.link) || !allows(this.scene.links[edge.link]))) continue;
        came.set(edge.to, {at, edge});
        queue.push(edge.to);
      }
    }
    return null;
  }

  /** The links and the line of a call or of its second half. */
  way(from, to, allows = () => true) {
    const name = `${from} ${to} ${allows.name}`;
    if (!this.ways.has(name)) {
      const edges = from === null || to === null ? null : this.#search(from, to, allows);
      const links = (edges ?? []).filter((e) => e.link !== undefined);
      const points = links.flatMap((e) => {
        const p = this.scene.links[e.link].points;
        return e.turned ? [...p].reverse() : p;
      });
      this.ways.set(name, edges && {
        links: links.map((e) => e.link),
        points: [middle(this.scene.boxes[from]), ...points, middle(this.scene.boxes[to])],
      });
    }
    return this.ways.get(name);
  }

  callWays(call) {
    return [this.way(call.from, call.gateway, inbound), this.way(call.gateway, call.to, outbound)].filter(Boolean);
  }

  show(call) {
    if (still.matches || document.hidden || this.dots.size > DOTS_MAX) return;
    const ways = this.callWays(call);
    const points = ways.flatMap((w) => w.points);
    if (points.length < 2) return;
    const dot = svg('circle', {r: 6, class: call.status < 400 ? 'dot' : 'dot failed'});
    const lengths = points.map((p, i) => (i ? Math.hypot(p[0] - points[i - 1][0], p[1] - points[i - 1][1]) : 0));
    const total = lengths.reduce((a, b) => a + b, 0);
    this.layer.append(dot);
    this.dots.add({dot, points, lengths, total, began: performance.now(), time: Math.min(3200, (total / SPEED) * 1000)});
    if (this.dots.size === 1) requestAnimationFrame((t) => this.#step(t));
  }

  #step(now) {
    for (const d of this.dots) {
      const share = Math.max(0, (now - d.began) / d.time);
      if (share >= 1) {
        d.dot.remove();
        this.dots.delete(d);
        continue;
      }
      let left = share * d.total;
      let i = 1;
      while (i < d.points.length - 1 && left > d.lengths[i]) left -= d.lengths[i++];
      const part = d.lengths[i] ? left / d.lengths[i] : 0;
      d.dot.setAttribute('cx', d.points[i - 1][0] + (d.points[i][0] - d.points[i - 1][0]) * part);
      d.dot.setAttribute('cy', d.points[i - 1][1] + (d.points[i][1] - d.points[i - 1][1]) * part);
    }
    if (this.dots.size) requestAnimationFrame((t) => this.#step(t));
  }
}
