// SPDX-License-Identifier: GPL-2.0-only
// Where one looks at the picture from: wheel, drag, two fingers, keys.

const NEAREST = 2.5;
const MARGIN = 28;

export class View {
  /** footer: stands over the lower edge, where nothing of the whole should be */
  constructor(picture, camera, footer) {
    this.footer = footer;
    this.picture = picture;
    this.camera = camera;
    this.size = [1, 1];
    this.scale = 1;
    this.x = this.y = 0;
    this.pointers = new Map();
    this.moved = false;
    picture.addEventListener('wheel', (e) => this.#wheel(e), {passive: false});
    picture.addEventListener('pointerdown', (e) => this.#down(e));
    picture.addEventListener('pointermove', (e) => this.#move(e));
    for (const name of ['pointerup', 'pointercancel'])
      picture.addEventListener(name, (e) => this.#up(e));
    new ResizeObserver(() => this.#resized()).observe(picture);
  }

  #room() {
    const box = this.picture.getBoundingClientRect();
    return [Math.max(box.width, 1), Math.max(box.height - this.footer.offsetHeight - 8, 1)];
  }

  #resized() {
    if (this.fitted) this.fit();
    else this.#apply();
  }

  #apply() {
    this.camera.setAttribute('transform', `translate(${this.x} ${this.y}) scale(${this.scale})`);
    this.picture.classList.toggle('far', this.scale < 0.5);
    this.picture.classList.toggle('farther', this.scale < 0.22);
    this.onChange?.();
  }

  /** The scale at which all of it can be seen. */
  #whole() {
    const [w, h] = this.#room();
    return Math.min((w - 2 * MARGIN) / this.size[0], (h - 2 * MARGIN) / this.size[1]);
  }

  /** The part of the picture that can be seen. */
  area() {
    const box = this.picture.getBoundingClientRect();
    return [-this.x / this.scale, -this.y / this.scale, box.width / this.scale, box.height / this.scale];
  }

  setSize(size) {
    this.size = size;
    this.fit();
  }

  /** All of it; of what would be too small to read, the beginning. */
  fit() {
    const [w, h] = this.#room();
    const whole = this.#whole();
    this.fitted = true;
    this.scale = Math.min(1.25, Math.max(whole, Math.min(0.3, (h - 2 * MARGIN) / this.size[1])));
    this.x = Math.max(MARGIN, (w - this.size[0] * this.scale) / 2);
    this.y = Math.max(MARGIN, (h - this.size[1] * this.scale) / 2);
    this.#apply();
  }

  zoom(factor, at) {
    const [w, h] = this.#room();
    const [px, py] = at ?? [w / 2, h / 2];
    const scale = Math.min(NEAREST, Math.max(Math.min(this.#whole(), 0.3) / 2, this.scale * factor));
    this.fitted = false;
    this.x = px - ((px - this.x) * scale) / this.scale;
    this.y = py - ((py - this.y) * scale) / this.scale;
    this.scale = scale;
    this.#apply();
  }

  pan(dx, dy) {
    this.fitted = false;
    this.x += dx;
    this.y += dy;
    this.#apply();
  }

  /** Sees to it that a box can be seen, and read where `near`. */
  show([bx, by, bw, bh], near) {
    const [w, h] = this.#room();
    if (near && this.scale < 0.7) {
      this.scale = 0.9;
      this.x = Infinity;
    }
    const left = this.x + bx * this.scale;
    const top = this.y + by * this.scale;
    const inside = left >= 8 && top >= 8 && left + bw * this.scale <= w - 8 && top + bh * this.scale <= h - 8;
    if (inside) return;
    this.fitted = false;
    this.x = w / 2 - (bx + Math.min(bw, w / this.scale) / 2) * this.scale;
    this.y = h / 2 - (by + Math.min(bh, h / this.scale) / 2) * this.scale;
    this.#apply();
  }

  #at(e) {
    const box = this.picture.getBoundingClientRect();
    return [e.clientX - box.left, e.clientY - box.top];
  }

  #wheel(e) {
    e.preventDefault();
    const line = e.deltaMode === 1 ? 16 : 1;
    if (e.ctrlKey || !e.shiftKey) this.zoom(Math.exp((-e.deltaY * line) / 420), this.#at(e));
    else this.pan(-(e.deltaX || e.deltaY) * line, 0);
  }

  #down(e) {
    this.pointers.set(e.pointerId, this.#at(e));
    this.moved = false;
  }

  #move(e) {
    const was = this.pointers.get(e.pointerId);
    if (!was) return;
    const is = this.#at(e);
    const other = [...this.pointers].find(([id]) => id !== e.pointerId)?.[1];
    if (!this.moved && Math.hypot(is[0] - was[0], is[1] - was[1]) < 4) return;
    if (!this.moved) this.picture.setPointerCapture(e.pointerId);
    this.moved = true;
    if (other) {
      const before = Math.hypot(was[0] - other[0], was[1] - other[1]);
      const now = Math.hypot(is[0] - other[0], is[1] - other[1]);
      if (before > 0) this.zoom(now / before, [(is[0] + other[0]) / 2, (is[1] + other[1]) / 2]);
    } else {
      this.pan(is[0] - was[0], is[1] - was[1]);
    }
    this.pointers.set(e.pointerId, is);
  }

  #up(e) {
    this.pointers.delete(e.pointerId);
  }
}
