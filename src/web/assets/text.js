// SPDX-License-Identifier: GPL-2.0-only
// Elements and words. No text ever becomes markup: the page's policy would refuse it.

const SVG = 'http://www.w3.org/2000/svg';

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, '');
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children.flat(Infinity).filter((c) => c !== null && c !== undefined && c !== false));
  return node;
}

/** el('p', {class: 'muted'}, 'words', otherElement) */
export function el(name, attributes, ...children) {
  return fill(document.createElement(name), attributes, children);
}

export function svg(name, attributes, ...children) {
  return fill(document.createElementNS(SVG, name), attributes, children);
}

/** 1234567 → "1.23 Mbit/s" */
export function rate(bits) {
  const units = ['bit/s', 'kbit/s', 'Mbit/s', 'Gbit/s'];
  let i = 0;
  let x = bits;
  while (x >= 1000 && i < units.length - 1) {
    x /= 1000;
    i++;
  }
  return `${x >= 100 || i === 0 ? Math.round(x) : Number(x.toPrecision(x >= 10 ? 3 : 2))} ${units[i]}`;
}

/** The same where there is little room: "1.2M" */
export function shortRate(bits) {
  return rate(bits).replace(/ ([kMG]?)bit\/s/, '$1');
}

export function milliseconds(us) {
  return us >= 1000 ? `${Number((us / 1000).toPrecision(3))} ms` : `${us} µs`;
}

/** The time of day of an ISO date, in the reader's zone. */
export function clock(text) {
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? '' : date.toLocaleTimeString([], {hour12: false});
}

const kinds = {
  internet: 'Internet', 'public-host': 'host in the Internet', region: 'region', gateway: 'API gateway',
  function: 'function', vpc: 'VPC', vswitch: 'vSwitch', ecs: 'instance', tr: 'transit router', vbr: 'VBR',
  circuit: 'circuit', 'data-center': 'data centre', cpe: 'customer router', lan: 'LAN', host: 'host',
};

export function kindName(kind) {
  return kinds[kind] ?? kind;
}
