/** Translates into Korean what a server reports about its readiness, by the form of the sentence. */

const reasons: readonly (readonly [form: RegExp, text: string])[] = [
  [/^This process is stopping\.$/, '이 프로세스를 종료하는 중입니다.'],
  [
    /^Redis is not connected, or does not accept writes\.$/,
    'Redis에 연결되어 있지 않거나 쓰기가 되지 않습니다.',
  ],
  [/^Redis is not connected\.$/, 'Redis에 연결되어 있지 않습니다.'],
  [/^Redis did not accept the command in time\.$/, 'Redis가 제한 시간 안에 명령을 처리하지 못했습니다.'],
  [/^Redis cannot be reached\./, 'Redis에 연결할 수 없습니다. REDIS_URL과 Redis가 떠 있는지 확인하세요.'],
  [
    /^Redis refused the user name or password\./,
    'Redis 사용자 이름이나 비밀번호가 틀립니다. REDIS_URL을 확인하세요.',
  ],
  [
    /^REDIS_URL is Redis (\S+); (\S+) or later is required\.$/,
    'REDIS_URL의 Redis가 $1입니다. $2 이상이어야 합니다.',
  ],
  [
    /^REDIS_URL has maxmemory-policy (\S+), which may evict winners; set noeviction\.$/,
    'REDIS_URL의 maxmemory-policy가 $1이라 발급 기록이 지워질 수 있습니다. noeviction으로 바꾸세요.',
  ],
  [
    /^DURABILITY (\S+) needs appendonly yes and appendfsync always, but REDIS_URL has appendonly (\S+) and appendfsync (\S+)\.$/,
    'DURABILITY $1에는 appendonly yes와 appendfsync always가 필요한데, REDIS_URL은 appendonly $2, appendfsync $3입니다.',
  ],
  [
    /^DURABILITY (\S+) needs no-appendfsync-on-rewrite no, /,
    'DURABILITY $1에는 no-appendfsync-on-rewrite no가 필요합니다. yes이면 Redis가 스냅샷을 쓰는 동안 디스크에 동기화하지 않습니다.',
  ],
  [
    /^DURABILITY replica needs (\d+) replicas of each master \(REPLICA_ACKS\); one master has (\d+)\.$/,
    'DURABILITY replica에는 마스터마다 레플리카 $1개가 필요한데(REPLICA_ACKS), $2개뿐인 마스터가 있습니다.',
  ],
  [
    /^Redis belongs to another installation than the database/,
    'Redis와 데이터베이스(MYSQL_URL)가 서로 다른 설치에 속합니다. 같은 설치를 가리키도록 REDIS_URL이나 MYSQL_URL을 고치거나, Redis를 함께 쓰려면 REDIS_PREFIX에 새 값을 넣으세요. 그러면 데이터베이스에서 쿠폰을 다시 만듭니다.',
  ],
  [
    /^Redis was last used with another copy, or a later state, of this database\./,
    'Redis를 마지막으로 쓴 것은 이 데이터베이스의 다른 사본이거나 더 나중 상태입니다. 다른 설치를 위한 사본이라면 REDIS_URL에 별도의 Redis를, 또는 REDIS_PREFIX에 새 값을 넣으세요. 옮기거나 복원한 것이라면 이 Redis를 쓰는 모든 프로세스를 멈춘 뒤 `seonchak reconcile --all --repair`를 실행하세요.',
  ],
  [
    /^The table installation cannot be updated/,
    'installation 테이블을 갱신할 수 없어 이 데이터베이스의 사본이 함께 쓰여도 알 수 없습니다. 권한이 없다면 UPDATE 권한을 주고, 있다면 데이터베이스를 확인하세요.',
  ],
  [
    /^The database is older than Redis: its last coupon is (\d+), but Redis has had coupon (\d+)\./,
    '데이터베이스가 Redis보다 오래되었습니다. 마지막 쿠폰이 $1인데 Redis에는 쿠폰 $2까지 있었습니다. 데이터베이스를 복원했거나 장애 조치로 마지막 행을 잃었다면 `seonchak reconcile --all --repair`를 실행하세요. 다른 데이터베이스의 사본이라면 REDIS_PREFIX에 새 값을 넣으세요.',
  ],
  [
    /^Redis holds other coupons under the ids ([\d, ]+);/,
    'Redis에 같은 번호의 다른 쿠폰이 있습니다: $1. `seonchak reconcile --all --repair`를 실행하거나, 다른 설치의 쿠폰이면 REDIS_PREFIX를 설정하세요.',
  ],
  [
    /^This process is overloaded:/,
    '이 프로세스가 과부하 상태입니다. 이벤트 루프가 늦거나 보내지 못한 응답이 너무 많습니다. PROCESSES를 늘리거나 서버를 추가하세요.',
  ],
  [/^The database is not responding\./, '데이터베이스가 응답하지 않습니다.'],
];
const WAITING = 'Issuances wait in Redis to be recorded.';

/** @returns `undefined` for a sentence that is not known here: English is better than nothing. */
export function koReason(sentence: string): string | undefined {
  const found = reasons.find(([form]) => form.test(sentence));
  if (found === undefined) return undefined;
  const [form, text] = found;
  const groups = form.exec(sentence) ?? [];
  const filled = text.replace(/\$(\d)/g, (_, group) => groups[Number(group)] ?? '');
  return sentence.endsWith(WAITING) ? `${filled} 발급 내역은 Redis에서 기록을 기다립니다.` : filled;
}
