// Talks to WebSocket servers with ws: the client that is not plldb's own.
//
// Each line of standard input is an order in JSON, {"do": ...} with what belongs to it; each is answered by one line,
// {"answer": ...}, or {"error": ...} when the order could not be carried out. It ends with its standard input.

"use strict";

const readline = require("node:readline");
const WebSocket = require("ws");

const open = new Map(); // connections by name

// dial opens a connection. It resolves to {open: true, ...}, or to the status with which the server refused.
function dial(url, { headers, protocols } = {}) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, protocols || [], {
      headers: headers || {}, perMessageDeflate: false, handshakeTimeout: 30000,
    });
    const talk = { socket, inbox: [], ended: null, waiting: null };
    const wake = () => {
      if (talk.waiting) talk.waiting();
    };
    socket.on("message", (data, binary) => {
      talk.inbox.push(binary ? { binary: data.toString("base64") } : { text: data.toString() });
      wake();
    });
    socket.on("close", (code, reason) => {
      talk.ended = { closed: code, reason: reason.toString() };
      wake();
    });
    socket.on("error", reject); // after the opening nobody listens any more; "close" follows
    socket.on("unexpected-response", (request, response) => {
      let body = "";
      response.on("data", (part) => { body += part; });
      response.on("end", () => resolve({ answer: { status: response.statusCode, headers: response.headers, body } }));
      response.on("error", reject);
    });
    socket.on("open", () => resolve({ talk, answer: { open: true, status: 101, protocol: socket.protocol } }));
  });
}

function talkOf(name) {
  if (!open.has(name)) throw new Error(`there is no connection ${name}`);
  return open.get(name);
}

function send(socket, data, options) {
  return new Promise((resolve, reject) => socket.send(data, options, (failed) => failed ? reject(failed) : resolve()));
}

// receive gives the next message, the end of the connection, or, after the time, {nothing: true}.
async function receive(talk, within) {
  if (!talk.inbox.length && !talk.ended) {
    let timer;
    await new Promise((resolve) => {
      talk.waiting = resolve;
      timer = setTimeout(resolve, within);
    });
    clearTimeout(timer);
    talk.waiting = null;
  }
  return talk.inbox.shift() || talk.ended || { nothing: true };
}

// many runs the task for 0 to n-1, so many of them at a time.
async function many(n, together, task) {
  let next = 0;
  const lane = async () => {
    while (next < n) await task(next++);
  };
  await Promise.all(Array.from({ length: Math.min(n, together) }, lane));
}

function tally(counts, key) {
  counts[key] = (counts[key] || 0) + 1;
}

async function shut(talk, code = 1000) {
  talk.socket.close(code);
  for (;;) {
    const heard = await receive(talk, 30000);
    if (heard.closed !== undefined || heard.nothing) return heard;
  }
}

// converse sends numbered messages on a connection without waiting for answers, and counts what comes back.
async function converse(talk, connection, messages, within, sum) {
  for (let i = 0; i < messages; i++) {
    send(talk.socket, JSON.stringify({ connection, number: i })).catch(() => {}); // what is lost is counted
  }
  const seen = new Set();
  let last = -1;
  for (let due = messages; due > 0;) {
    const heard = await receive(talk, within);
    if (heard.text === undefined) { // closed, or silent
      sum.lost += due;
      tally(sum.instead, JSON.stringify(heard));
      return;
    }
    const said = parsed(heard.text);
    if (said.connection === connection && !seen.has(said.number)) {
      if (said.number < last) sum.disordered++;
      last = said.number;
      seen.add(said.number);
      sum.answers++;
      due--;
    } else if (said.message !== undefined) { // an error in the place of an answer
      sum.lost++;
      tally(sum.instead, said.message);
      due--;
    } else {
      sum.foreign++;
      tally(sum.instead, heard.text.slice(0, 200));
    }
  }
}

function parsed(text) {
  try {
    return JSON.parse(text) || {};
  } catch {
    return {};
  }
}

const orders = {
  async connect({ name, url, headers, protocols }) {
    const { talk, answer } = await dial(url, { headers, protocols });
    if (talk) open.set(name, talk);
    return answer;
  },

  // text, or base64 of a binary message, or fragments of a text message, each a frame.
  async send({ name, text, binary, fragments }) {
    const { socket } = talkOf(name);
    if (binary !== undefined) await send(socket, Buffer.from(binary, "base64"), { binary: true });
    else if (fragments === undefined) await send(socket, text, { binary: false });
    else {
      for (let i = 0; i < fragments.length; i++) {
        await send(socket, fragments[i], { binary: false, fin: i === fragments.length - 1 });
      }
    }
    return {};
  },

  async receive({ name, within = 30000 }) {
    return receive(talkOf(name), within);
  },

  async close({ name, code }) {
    const ended = await shut(talkOf(name), code);
    open.delete(name);
    return ended;
  },

  // Opens connections together until one is refused, and closes them again: how many were open, and with which statuses
  // the others were refused.
  async burst({ url, most, together }) {
    const talks = [];
    const refused = {};
    let over = false;
    await many(most, together, async () => {
      if (over) return;
      const { talk, answer } = await dial(url);
      if (talk) talks.push(talk);
      else {
        tally(refused, answer.status);
        over = true;
      }
    });
    await Promise.all(talks.map((talk) => shut(talk)));
    return { opened: talks.length, refused };
  },

  // Opens connections, so many at a time; when all are open, sends numbered messages on each, and compares what is
  // answered, from so many connections at a time.
  async load({ url, connections, messages, together = 50, talking = connections, within = 60000 }) {
    const sum = { opened: 0, open: 0, refused: {}, answers: 0, lost: 0, foreign: 0, disordered: 0, instead: {} };
    const talks = [];
    await many(connections, together, async () => {
      const { talk, answer } = await dial(url);
      if (talk) talks.push(talk);
      else tally(sum.refused, answer.status);
    });
    sum.opened = talks.length;
    sum.open = talks.filter((talk) => talk.socket.readyState === WebSocket.OPEN).length;
    await many(talks.length, talking, (i) => converse(talks[i], i, messages, within, sum));
    await Promise.all(talks.map((talk) => shut(talk)));
    return sum;
  },
};

async function obey(line) {
  try {
    const order = JSON.parse(line);
    if (!orders[order.do]) throw new Error(`there is no order ${order.do}`);
    return { answer: await orders[order.do](order) };
  } catch (failed) {
    return { error: String(failed) };
  }
}

(async () => {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    process.stdout.write(JSON.stringify(await obey(line)) + "\n");
  }
  process.exit(0); // whatever is still open
})();
