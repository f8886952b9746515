// What the tests share: users that are prepared, clients over each family of transports, waiting with a deadline.
// CHATME_URL and CHATME_USERS are given by whoever runs the tests, see ../clients.rs.
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';

import { io } from 'socket.io-client';

export const URL = process.env.CHATME_URL;
/** Users with a token: `{id, name, phone, password, token}`. */
export const users = JSON.parse(process.env.CHATME_USERS);
export const [ann, ben, cat] = users;

/** How long anything may take. */
export const PATIENCE = 15_000;

const FAMILIES = { default: {}, websocket: { transports: ['websocket'] }, polling: { transports: ['polling'] } };

/** A test for each family of transports. */
export function forEachFamily(name, run) {
  for (const [family, options] of Object.entries(FAMILIES)) {
    test(`${family}: ${name}`, { timeout: 60_000 }, async (context) => {
      const opened = [];
      try {
        await run(new Guide(options, opened), context, family);
      } finally {
        opened.forEach((client) => client.socket.disconnect());
      }
    });
  }
}

class Guide {
  constructor(options, opened) {
    this.options = options;
    this.opened = opened;
  }

  /** A client that is not yet connected. */
  client(user, options = {}) {
    const auth = user ? { token: user.token } : undefined;
    const common = { forceNew: true, reconnection: false, auth, timeout: PATIENCE };
    const client = new Client(io(URL, { ...common, ...this.options, ...options }));
    this.opened.push(client);
    return client;
  }

  /** A connected client: a guest without a user. */
  async connect(user, options) {
    const client = this.client(user, options);
    await client.until('connect');
    return client;
  }

  /** A connected client in a live room. */
  async inRoom(room, user, options) {
    const client = await this.connect(user, options);
    client.joined = await client.ok('live:join', { roomId: room });
    return client;
  }
}

/** A client that keeps everything it hears. */
export class Client {
  constructor(socket) {
    this.socket = socket;
    this.heard = [];
    this.waiting = new Set();
    const keep = (name, body) => {
      this.heard.push({ name, body });
      this.waiting.forEach((look) => look());
    };
    socket.onAny((name, body) => keep(name, body));
    for (const name of ['connect', 'disconnect', 'connect_error']) socket.on(name, (body) => keep(name, body));
  }

  /** The first event of this name, heard already or yet to come, that fits. */
  until(name, fits = () => true) {
    return new Promise((resolve, reject) => {
      const look = () => {
        const found = this.heard.find((event) => event.name === name && fits(event.body));
        if (!found) return;
        clearTimeout(timer);
        this.waiting.delete(look);
        resolve(found.body);
      };
      const timer = setTimeout(() => {
        this.waiting.delete(look);
        reject(new Error(`no ${name} in time; heard ${JSON.stringify(this.heard.slice(-20))}`));
      }, PATIENCE);
      this.waiting.add(look);
      look();
    });
  }

  /** What an event is acknowledged with. */
  ask(name, ...args) {
    return this.socket.timeout(PATIENCE).emitWithAck(name, ...args);
  }

  /** The same, of an event that succeeds. */
  async ok(name, ...args) {
    const answer = await this.ask(name, ...args);
    if (answer.ok !== true) throw new Error(`${name}: ${JSON.stringify(answer)}`);
    return answer;
  }

  /** The bodies of all events of this name so far. */
  all(name) {
    return this.heard.filter((event) => event.name === name).map((event) => event.body);
  }

  /** The numbers of all broadcasts so far. */
  numbers() {
    return this.heard.map((event) => event.body?.seq).filter((seq) => seq !== undefined);
  }

  /** Hears everything that was sent before: what one client is sent keeps its order. */
  async fence() {
    await this.ask('no:such-event');
  }
}

/** A room that no other test is in. */
export const newRoom = () => `room_${randomUUID()}`;

/** The refusals of an acknowledgement. */
export const codeOf = (answer) => [answer.ok, answer.code];
