// Who comes in, and as whom.
import assert from 'node:assert/strict';

import { ann, ben, codeOf, forEachFamily } from './support.mjs';

const REFUSED = [
  ['token_invalid', { token: 'not.a.token' }],
  ['token_invalid', { token: `${ann.token}x` }],
  ['token_invalid', { token: '' }],
];

forEachFamily('a guest comes in, and is nobody', async (guide) => {
  const guest = await guide.connect();
  const { user, rooms } = await guest.ok('user:join', { userId: ann.id, username: ann.name });
  assert.deepEqual(user, { userId: null, username: 'Guest', level: 1, vip: 0, guest: true });
  assert.deepEqual(rooms, []);
});

forEachFamily('a token says who it is, and what a payload states is ignored', async (guide) => {
  const client = await guide.connect(ann);
  const { user } = await client.ok('user:join', { userId: ben.id, username: 'Somebody else' });
  assert.deepEqual(user, { userId: ann.id, username: ann.name, level: 1, vip: 0 });
});

forEachFamily('a token may come in a header or with user:join', async (guide) => {
  const header = await guide.connect(undefined, { extraHeaders: { Authorization: `Bearer ${ann.token}` } });
  assert.equal((await header.ok('user:join', {})).user.userId, ann.id);
  const later = await guide.connect();
  assert.equal((await later.ok('user:join', { token: ann.token })).user.userId, ann.id);
});

forEachFamily('a bad token is refused with a code, and makes no guest', async (guide) => {
  for (const [code, auth] of REFUSED) {
    const client = guide.client(undefined, { auth });
    const error = await client.until('connect_error');
    assert.equal(error.data?.code, code, error.message);
    assert.equal(client.socket.connected, false);
    // Nothing that it emits is heard: the client keeps it until it is connected.
    client.socket.emit('live:join', { roomId: 'x' });
    assert.deepEqual(client.all('connect'), []);
  }
});

forEachFamily('a bad token with user:join is refused, and the guest stays a guest', async (guide) => {
  const client = await guide.connect();
  assert.deepEqual(codeOf(await client.ask('user:join', { token: 'not.a.token' })), [false, 'token_invalid']);
  assert.deepEqual(codeOf(await client.ask('user:join', { token: 5 })), [false, 'malformed_payload']);
  assert.equal((await client.ok('user:join', {})).user.guest, true);
});

forEachFamily('a second identity on one socket is refused', async (guide) => {
  const client = await guide.connect(ann);
  assert.deepEqual(codeOf(await client.ask('user:join', { token: ben.token })), [false, 'identity_taken']);
  assert.equal((await client.ok('user:join', { token: ann.token })).user.userId, ann.id);
});

forEachFamily('the transport is what was asked for', async (guide, _, family) => {
  const client = await guide.connect(ann);
  const { engine } = client.socket.io;
  if (family === 'default' && engine.transport.name === 'polling') {
    await new Promise((resolve) => engine.once('upgrade', resolve));
  }
  assert.equal(engine.transport.name, family === 'polling' ? 'polling' : 'websocket');
  await client.ok('user:join', {});
});

forEachFamily('a client that has gone comes again', async (guide) => {
  const client = await guide.connect(ann);
  const first = client.socket.id;
  client.socket.disconnect();
  await client.until('disconnect', (reason) => reason === 'io client disconnect');
  client.heard.length = 0;
  client.socket.connect();
  await client.until('connect');
  assert.notEqual(client.socket.id, first);
  assert.equal((await client.ok('user:join', {})).user.userId, ann.id);
});
