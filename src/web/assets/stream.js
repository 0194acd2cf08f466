// SPDX-License-Identifier: GPL-2.0-only
// The way to labctl. The key is in the part of the address that browsers never send; it goes in a header
// that no other page can set. So EventSource, which sets none, is no use, and the stream is read here.

const STORE = 'labctl-key';
let key = '';

/** The key of this tab: from the address, or as kept since. */
export function findKey() {
  const given = location.hash.slice(1);
  if (/^[0-9a-f]{32}$/.test(given)) {
    sessionStorage.setItem(STORE, given);
    history.replaceState(null, '', location.pathname);
  }
  key = sessionStorage.getItem(STORE) ?? '';
  return key !== '';
}

export function setKey(text) {
  const found = /[0-9a-f]{32}$/.exec(text.trim());
  if (!found) return false;
  key = found[0];
  sessionStorage.setItem(STORE, key);
  return true;
}

export function dropKey() {
  sessionStorage.removeItem(STORE);
  key = '';
}

function request(path, options) {
  return fetch(path, {...options, cache: 'no-store', headers: {Authorization: `Bearer ${key}`}});
}

/** JSON of an answer; an Error with labctl's message otherwise. */
export async function ask(path, options) {
  const response = await request(path, options);
  const text = await response.text();
  let json = null;
  try {
    json = JSON.parse(text);
  } catch {
    json = {message: text.trim()};
  }
  if (!response.ok) {
    const error = new Error(json.message || `status ${response.status}`);
    error.hint = json.hint;
    throw error;
  }
  return json;
}

export function run(word) {
  return ask(`/api/run?do=${word}`, {method: 'POST'});
}

async function readEvents(body, onEvent) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const {value, done} = await reader.read();
    if (done) return;
    rest += value;
    for (let end = rest.indexOf('\n\n'); end >= 0; end = rest.indexOf('\n\n')) {
      const fields = {};
      for (const line of rest.slice(0, end).split('\n')) {
        const colon = line.indexOf(':');
        if (colon > 0) fields[line.slice(0, colon)] = line.slice(colon + 1).trimStart();
      }
      rest = rest.slice(end + 2);
      if (fields.event) onEvent(fields.event, JSON.parse(fields.data));
    }
  }
}

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** For ever: events as they come; onState('live' | 'lost' | 'key'). Ends where the key is wrong. */
export async function follow(onEvent, onState) {
  for (let wait = 500; ; wait = Math.min(2 * wait, 8000)) {
    try {
      const response = await request('/api/events');
      if (response.status === 401) {
        onState('key');
        return;
      }
      if (response.ok) {
        onState('live');
        wait = 500;
        await readEvents(response.body, onEvent);
      }
    } catch {
      // as with an end of the stream: labctl is not there
    }
    onState('lost');
    await pause(wait);
  }
}
