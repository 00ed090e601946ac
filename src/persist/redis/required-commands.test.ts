/** Tests that commands that a hoster has renamed or an ACL forbids are named at start. */
import t from 'tap';
import { redisClient, startRedis } from '../../../test/servers/redis.js';
import { openRedisBackEnd } from './redis-back-end.js';

const options = { callDeadlineMs: 5_000, durability: undefined, replicaAcks: 1 };

t.test('commands that are not there, or not granted', async (t) => {
  const server = await startRedis();
  const renamed = await startRedis({
    args: ['--rename-command', 'EVALSHA', '', '--rename-command', 'SUBSCRIBE', 'listen-quietly'],
  });
  const admin = redisClient(server);
  t.teardown(async () => {
    admin.disconnect();
    await Promise.all([server.stop(), renamed.stop()]);
  });
  const open = async (...rules: string[]) => {
    await admin.acl('SETUSER', 'app', 'reset', 'on', '>secret', '~*', '&*', '+@all', ...rules);
    const backEnd = await openRedisBackEnd({
      redisUrls: [`redis://app:secret@127.0.0.1:${server.port}`],
      ...options,
    });
    t.teardown(() => backEnd.close());
    return backEnd;
  };
  const refusing = (commands: string) => ({
    code: 'config_invalid',
    message: new RegExp(`refuses ${commands}: they are renamed, or the user may not run them`),
  });
  for (const command of [
    'evalsha',
    'eval',
    'rename',
    'hset',
    'zpopmin',
    'unlink',
    'hscan',
    'publish',
    'time',
  ]) {
    await t.rejects(open(`-${command}`), refusing(command.toUpperCase()), command);
  }
  await t.rejects(open('-rename', '-zadd'), refusing('RENAME, ZADD'));
  await t.rejects(open('resetchannels'), refusing('PUBLISH'), 'a channel that is not granted');
  t.equal((await open()).isServing(), true);
  t.equal(await admin.dbsize(), 0, 'nothing is left behind');

  const cutOff = await open('-subscribe');
  await t.rejects(
    cutOff.bell.listen(() => undefined),
    refusing('SUBSCRIBE'),
  );
  await t.rejects(openRedisBackEnd({ redisUrls: [renamed.url], ...options }), refusing('EVALSHA'));
});
