// Who is sent away: his sockets are closed within 5 s, and do not come back by themselves.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { ben, forEachFamily, newRoom, URL, users } from './support.mjs';

const WITHIN = 5_000;
/** One user for each family and each way to go. */
const spare = { default: 3, websocket: 5, polling: 7 };

async function assertSentAway(guide, user, act) {
  const room = newRoom();
  const witness = await guide.inRoom(room, ben);
  // They would come back by themselves from anything else.
  const again = { reconnection: true };
  const sockets = [await guide.inRoom(room, user, again), await guide.connect(user, again)];
  await act();
  const begun = Date.now();
  for (const client of sockets) assert.equal(await client.until('disconnect'), 'io server disconnect');
  assert.ok(Date.now() - begun < WITHIN, `${Date.now() - begun} ms`);
  await witness.until('live:user-left', ({ userId }) => userId === user.id);
  for (const client of sockets) assert.equal(client.socket.active, false);
  assert.equal(witness.socket.connected, true);
}

forEachFamily('a ban closes every socket of the user', async (guide, _, family) => {
  const user = users[spare[family]];
  const { CHATME_BINARY: binary, CHATME_DIRECTORY: cwd } = process.env;
  await assertSentAway(guide, user, () => promisify(execFile)(binary, ['admin', 'ban', user.phone], { cwd }));
  const error = await guide.client(user).until('connect_error');
  assert.equal(error.data.code, 'account_banned');
});

forEachFamily('a changed password closes every socket that was opened before', async (guide, _, family) => {
  const user = users[spare[family] + 1];
  let token;
  await assertSentAway(guide, user, async () => {
    const answer = await fetch(`${URL}/api/auth/password`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${user.token}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ oldPassword: user.password, newPassword: 'another-1' }),
    });
    assert.equal(answer.status, 200);
    ({ token } = await answer.json());
  });
  const error = await guide.client(user).until('connect_error');
  assert.equal(error.data.code, 'token_revoked');
  const renewed = await guide.connect({ ...user, token });
  assert.equal((await renewed.ok('user:join', {})).user.userId, user.id);
});
