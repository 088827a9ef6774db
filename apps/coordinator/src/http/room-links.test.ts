import { request as httpRequest } from 'node:http';
import { roomAnswer, supportedVersions, type Role, type RoomAnswer } from '@gradpool/protocol';
import { afterEach, expect, test } from '@jest/globals';
import { connect } from '../testing/test-client.ts';
import { stopTestCoordinators, testCoordinator, type TestCoordinator } from '../testing/test-coordinator.ts';

afterEach(stopTestCoordinators);

async function askAs(room: TestCoordinator, role: Role): Promise<RoomAnswer> {
  return roomAnswer.parse(await (await room.request('/api/room', { role })).json());
}

/** As a browser asks that knows this server by another name; fetch would not let a Host header through. */
function askByName(room: TestCoordinator, host: string): Promise<RoomAnswer> {
  return new Promise((resolve, reject) => {
    const headers = { host, authorization: `Bearer ${room.tokens.join}` };
    const request = httpRequest(`${room.url}/api/room`, { headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.on('end', () => resolve(roomAnswer.parse(JSON.parse(text))));
    });
    request.on('error', reject).end();
  });
}

test('[N2] nobody is given a link to more than they may do', async () => {
  const room = await testCoordinator({ roomName: 'Room 7' });
  const join = [`${room.url}/join#t=${room.tokens.join}`];
  const viewer = [`${room.url}/#t=${room.tokens.viewer}`];
  expect(await askAs(room, 'viewer')).toMatchObject({
    roomName: 'Room 7',
    role: 'viewer',
    links: { join: [], viewer },
  });
  expect(await askAs(room, 'join')).toMatchObject({ role: 'join', secure: false, links: { join, viewer } });
  expect(await askAs(room, 'admin')).toMatchObject({ role: 'admin', urls: [room.url], links: { join, viewer } });
  expect((await room.request('/api/room', { role: null })).status).toBe(401);
});

test('[N1] the address by which somebody has come from elsewhere goes first', async () => {
  const room = await testCoordinator();
  expect((await askByName(room, 'lab-7.example:8080')).urls).toEqual(['http://lab-7.example:8080', room.url]);
  expect((await askByName(room, 'localhost:1')).urls).toEqual([room.url]);
  expect((await askByName(room, 'a b"')).urls).toEqual([room.url]);
});

test('[N2] a page may connect by any name of this server, and no other page may', async () => {
  const room = await testCoordinator();
  const byName = room.url.replace('127.0.0.1', 'localhost');
  const endpoint = { url: byName, token: room.tokens.viewer };
  const client = await connect(endpoint, { origin: byName });
  client.send({ type: 'watch', versions: supportedVersions });
  expect((await client.next('snapshot')).version).toBe(1);
  await expect(connect(endpoint, { origin: room.url })).rejects.toThrow('403');
});
