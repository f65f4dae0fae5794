// The contract, checked through @grpc/grpc-js and what the server says by reflection. By hand, beside
// "tideline dev": npm ci, then npm test.
// TIDELINE_ADDRESS names a node, host:port.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import grpc from '@grpc/grpc-js';
import { connect, contract, errorDetail, services } from './reflection.mjs';

const ADDRESS = process.env.TIDELINE_ADDRESS ?? '127.0.0.1:7420';
const SERVICES = ['StoreService', 'TimelineService', 'MetaService', 'CursorService'];

let definition;
let tideline;

before(async () => {
  definition = await contract(
    ADDRESS,
    SERVICES.map((name) => `tideline.v1.${name}`),
  );
  tideline = connect(ADDRESS, definition);
});

after(() => tideline?.close());

// A store's name stays taken for a while after it was dropped: each run has its own.
const RUN = `-${Date.now().toString(36)}`;
const named = (name) => name + RUN;

const string = (text) => ({ stringValue: text });
const timeline = (name) => ({ fields: [string(name)] });
const message = (text, more = {}) => ({ fields: { text: string(text), ...more } });
const texts = (entries) => entries.map((entry) => entry.message.fields.text.stringValue);
const ids = (entries) => entries.map((entry) => Number(entry.sequenceId));

/** A new store whose identifiers are one string. */
async function createStore(name, options = {}) {
  await tideline.stores.createStore({
    name: named(name),
    identifierSchema: [{ name: 'conversation', type: 'IDENTIFIER_TYPE_STRING' }],
    options: { sequenceMode: 'SEQUENCE_MODE_DENSE', ...options },
  });
}

/** Appends texts to a timeline, one by one. */
async function append(store, name, ...all) {
  for (const text of all) {
    await tideline.timelines.append({
      store: named(store),
      timeline: timeline(name),
      message: message(text),
    });
  }
}

const scan = (store, name, more = {}) =>
  tideline.timelines.scan({ store: named(store), timeline: timeline(name), ...more });

/** The detail of a call that must be refused with a gRPC code and a reason. */
async function refused(call, code, reason) {
  const error = await call.then(
    () => assert.fail(`not refused; expected ${reason}`),
    (refusal) => refusal,
  );
  assert.equal(error.code, code, error.message);
  const detail = errorDetail(definition, error);
  assert.equal(detail.reason, `ERROR_REASON_${reason}`);
  return detail;
}

test('reflection lists the services', async () => {
  const names = await services(ADDRESS);
  for (const name of SERVICES) {
    assert.ok(names.includes(`tideline.v1.${name}`), `${name} is not among ${names}`);
  }
});

test('stores are created, described, listed, altered and dropped', async () => {
  await createStore('life', { ttlMs: 3_600_000 });
  const described = await tideline.stores.describeStore({ name: named('life') });
  assert.equal(described.store.options.ttlMs, '3600000');
  assert.equal(described.partitions.length, 1);
  const listed = await tideline.stores.listStores({});
  assert.ok(listed.stores.some((store) => store.name === named('life')));
  const altered = await tideline.stores.alterStore({
    name: named('life'),
    options: { ttlMs: 7_200_000, retentionMaxEntries: 5 },
    updateFields: ['ttl_ms', 'retention_max_entries'],
  });
  assert.equal(altered.store.options.ttlMs, '7200000');
  assert.equal(altered.store.options.retentionMaxEntries, '5');
  await tideline.stores.dropStore({ name: named('life') });
  await refused(
    tideline.stores.describeStore({ name: named('life') }),
    grpc.status.NOT_FOUND,
    'STORE_NOT_FOUND',
  );
});

test('an append with a key happens once', async () => {
  await createStore('once');
  const request = {
    store: named('once'),
    timeline: timeline('a'),
    message: message('hello'),
    messageKey: 'key-1',
  };
  const first = await tideline.timelines.append(request);
  const second = await tideline.timelines.append(request);
  assert.deepEqual([first.sequenceId, first.previousSequenceId], ['1', '0']);
  assert.equal(first.duplicate, false);
  assert.equal(second.sequenceId, '1');
  assert.equal(second.duplicate, true);
  assert.equal(second.appendTimeMs, first.appendTimeMs);
  assert.deepEqual(texts((await scan('once', 'a')).entries), ['hello']);
  await refused(
    tideline.timelines.append({ ...request, message: message('another') }),
    grpc.status.ABORTED,
    'MESSAGE_KEY_REUSED',
  );
  await refused(
    tideline.timelines.append({
      store: named('once'),
      timeline: timeline('a'),
      message: message('late'),
      expectedLastSequenceId: 7,
    }),
    grpc.status.FAILED_PRECONDITION,
    'CONDITION_FAILED',
  );
});

test('a batch answers for each of its items', async () => {
  await createStore('batch');
  const item = (name, text, more) => ({
    timeline: timeline(name),
    message: message(text),
    ...more,
  });
  const { results } = await tideline.timelines.batchAppend({
    store: named('batch'),
    items: [
      item('a', 'one'),
      item('b', 'two'),
      item('a', 'three'),
      item('a', 'never', { expectedLastSequenceId: 9 }),
    ],
  });
  assert.deepEqual(
    results.slice(0, 3).map((one) => one.ok.sequenceId),
    ['1', '1', '2'],
  );
  assert.equal(results[3].result, 'error');
  assert.equal(results[3].error.detail.reason, 'ERROR_REASON_CONDITION_FAILED');
  assert.deepEqual(texts((await scan('batch', 'a')).entries), ['one', 'three']);
});

test('scans go both ways, in pages, and say what they cover', async () => {
  await createStore('scan');
  await append('scan', 'a', 'one', 'two', 'three', 'four', 'five');
  const first = await scan('scan', 'a', { fromSequenceId: 1, limit: 2 });
  assert.deepEqual(texts(first.entries), ['one', 'two']);
  assert.equal(first.coverage.status, 'COVERAGE_STATUS_MORE');
  assert.deepEqual(
    [
      first.coverage.lastSequenceId,
      first.coverage.firstRetainedSequenceId,
      first.coverage.nextSequenceId,
    ],
    ['5', '1', '3'],
  );
  const rest = await scan('scan', 'a', { fromSequenceId: first.coverage.nextSequenceId });
  assert.deepEqual(texts(rest.entries), ['three', 'four', 'five']);
  assert.equal(rest.coverage.status, 'COVERAGE_STATUS_COMPLETE');
  const back = await scan('scan', 'a', { direction: 'SCAN_DIRECTION_BACKWARD', limit: 2 });
  assert.deepEqual(texts(back.entries), ['five', 'four']);
  const got = await tideline.timelines.get({
    store: named('scan'),
    timeline: timeline('a'),
    sequenceId: 3,
  });
  assert.equal(got.entry.message.fields.text.stringValue, 'three');
});

test('filters and projections', async () => {
  await createStore('filter');
  for (let n = 1; n <= 6; n++) {
    await tideline.timelines.append({
      store: named('filter'),
      timeline: timeline('a'),
      message: message(`number ${n}`, { n: { int64Value: n } }),
    });
  }
  const comparison = (operator, value) => ({
    comparison: { fieldName: 'n', operator: `COMPARISON_OPERATOR_${operator}`, value },
  });
  const found = await scan('filter', 'a', {
    filter: {
      and: {
        filters: [
          comparison('GREATER', { int64Value: 2 }),
          { not: comparison('EQUAL', { int64Value: 4 }) },
        ],
      },
    },
    projection: { fieldNames: ['n'] },
  });
  assert.deepEqual(
    found.entries.map((entry) => entry.message.fields),
    [3, 5, 6].map((n) => ({ n: { int64Value: String(n), kind: 'int64Value' } })),
  );
  const either = await scan('filter', 'a', {
    filter: {
      or: { filters: [comparison('LESS_OR_EQUAL', { int64Value: 1 }), { exists: 'absent' }] },
    },
  });
  assert.deepEqual(ids(either.entries), [1]);
});

test('entries are updated, recalled and deleted', async () => {
  await createStore('edits');
  await append('edits', 'a', 'one', 'two', 'three');
  const at = (sequenceId) => ({ store: named('edits'), timeline: timeline('a'), sequenceId });
  const update = await tideline.timelines.update({
    ...at(1),
    setFields: { text: string('uno') },
    announce: true,
  });
  assert.equal(update.revision, 1);
  assert.equal(update.changeSequenceId, '4');
  const recall = await tideline.timelines.recall({ ...at(2), announce: true });
  assert.equal(recall.changeSequenceId, '5');
  const deletion = await tideline.timelines.delete({ ...at(3), announce: true });
  assert.equal(deletion.changeSequenceId, '6');
  const { entries } = await scan('edits', 'a');
  assert.deepEqual(ids(entries), [1, 2, 4, 5, 6]);
  assert.equal(entries[0].message.fields.text.stringValue, 'uno');
  assert.equal(entries[1].recalled, true);
  assert.equal(entries[2].kind, 'ENTRY_KIND_CHANGE');
  assert.deepEqual(
    entries.slice(2).map((entry) => [entry.targetSequenceId, entry.changeType]),
    [
      ['1', 'CHANGE_TYPE_UPDATED'],
      ['2', 'CHANGE_TYPE_RECALLED'],
      ['3', 'CHANGE_TYPE_DELETED'],
    ],
  );
  const conditional = tideline.timelines.update({
    ...at(1),
    setFields: { text: string('never') },
    expectedRevision: 7,
  });
  await refused(conditional, grpc.status.FAILED_PRECONDITION, 'CONDITION_FAILED');
  await refused(
    tideline.timelines.update({ ...at(3), setFields: { text: string('tres') } }),
    grpc.status.NOT_FOUND,
    'ENTRY_NOT_FOUND',
  );
});

test('what is trimmed is gone, and who asks for it is told', async () => {
  await createStore('trim');
  await append('trim', 'a', 'one', 'two', 'three');
  const trim = await tideline.timelines.trim({
    store: named('trim'),
    timeline: timeline('a'),
    throughSequenceId: 2,
  });
  assert.equal(trim.firstRetainedSequenceId, '3');
  const below = await scan('trim', 'a', { fromSequenceId: 1 });
  assert.equal(below.coverage.status, 'COVERAGE_STATUS_TRIMMED');
  assert.equal(below.coverage.firstRetainedSequenceId, '3');
  assert.deepEqual(texts(below.entries), ['three']);
  const get = tideline.timelines.get({ store: named('trim'), timeline: timeline('a'), sequenceId: 1 });
  await refused(get, grpc.status.FAILED_PRECONDITION, 'NOT_RETAINED');
  await tideline.timelines.deleteTimeline({ store: named('trim'), timeline: timeline('a') });
  assert.deepEqual((await scan('trim', 'a')).entries, []);
  await append('trim', 'a', 'four');
  assert.deepEqual(ids((await scan('trim', 'a')).entries), [4]);
});

test('a store keeps the newest entries', async () => {
  await createStore('kept', { retentionMaxEntries: 2 });
  await append('kept', 'a', 'one', 'two', 'three');
  const read = await scan('kept', 'a', { fromSequenceId: 1 });
  assert.deepEqual(texts(read.entries), ['two', 'three']);
  assert.equal(read.coverage.status, 'COVERAGE_STATUS_TRIMMED');
  assert.equal(read.coverage.firstRetainedSequenceId, '2');
});

test('ids that the application gives', async () => {
  await createStore('manual', { sequenceMode: 'SEQUENCE_MODE_MANUAL' });
  const put = { store: named('manual'), timeline: timeline('a'), message: message('x') };
  await tideline.timelines.put({ ...put, sequenceId: '9007199254740993' });
  await tideline.timelines.put({ ...put, sequenceId: -5 });
  const { entries } = await scan('manual', 'a');
  assert.deepEqual(
    entries.map((entry) => entry.sequenceId),
    ['-5', '9007199254740993'],
  );
  await refused(
    tideline.timelines.put({ ...put, sequenceId: -5 }),
    grpc.status.ALREADY_EXISTS,
    'SEQUENCE_ID_EXISTS',
  );
});

test('heads, newest entries and sync of many timelines', async () => {
  await createStore('many');
  await append('many', 'a', 'one', 'two');
  await append('many', 'b', 'three');
  const timelines = ['a', 'b', 'never'].map(timeline);
  const heads = await tideline.timelines.heads({ store: named('many'), timelines });
  assert.deepEqual(
    heads.results.map((one) => [one.head.exists, one.head.lastSequenceId]),
    [
      [true, '2'],
      [true, '1'],
      [false, '0'],
    ],
  );
  const latest = await tideline.timelines.latest({ store: named('many'), timelines });
  assert.deepEqual(
    latest.results.map((one) => one.entry?.message.fields.text.stringValue),
    ['two', 'three', undefined],
  );
  const sync = await tideline.timelines.sync({
    store: named('many'),
    positions: [
      { timeline: timeline('a'), afterSequenceId: 1 },
      { timeline: timeline('b'), afterSequenceId: 1 },
    ],
  });
  const news = sync.results.filter((one) => one.entries.length > 0);
  assert.deepEqual(
    news.map((one) => texts(one.entries)),
    [['two']],
  );
});

test('scans begin at a time', async () => {
  await createStore('time');
  await append('time', 'a', 'one');
  const [{ appendTimeMs }] = (await scan('time', 'a')).entries;
  const since = async (time) => texts((await scan('time', 'a', { fromTimeMs: time })).entries);
  assert.deepEqual(await since(appendTimeMs), ['one']);
  assert.deepEqual(await since(String(BigInt(appendTimeMs) + 1n)), []);
});

test('a tail tells history, then what comes', async () => {
  await createStore('tail');
  await append('tail', 'a', 'one', 'two');
  const stream = tideline.timelines.tail({
    store: named('tail'),
    positions: [
      { timeline: timeline('a'), afterSequenceId: 1 },
      { timeline: timeline('b') },
    ],
    heartbeatIntervalMs: 1_000,
  });
  const told = [];
  let heartbeats = 0;
  for await (const response of stream) {
    if (response.event === 'heartbeat') {
      heartbeats++;
      if (heartbeats === 1) {
        // History is over: all that was there has been told.
        assert.deepEqual(told, ['a 2 two']);
        assert.deepEqual(
          response.heartbeat.coverages.map((one) => one.lastSequenceId),
          ['2', '0'],
        );
        await append('tail', 'b', 'three');
      } else if (told.length === 3) {
        break;
      }
      continue;
    }
    assert.equal(response.event, 'entries');
    const { timeline: of, entries } = response.entries;
    for (const entry of entries) {
      const text = entry.message.fields.text.stringValue;
      told.push(`${of.fields[0].stringValue} ${entry.sequenceId} ${text}`);
      if (text === 'three') {
        await append('tail', 'a', 'four');
      }
    }
  }
  assert.deepEqual(told, ['a 2 two', 'b 1 three', 'a 3 four']);
});

test('one message into a conversation and inboxes', async () => {
  await createStore('talk');
  await createStore('inbox');
  const request = {
    messageKey: 'key-1',
    message: message('hello'),
    conversation: { store: named('talk'), timeline: timeline('c') },
    inboxStore: named('inbox'),
    inboxes: ['ana', 'ben'].map(timeline),
  };
  const first = await tideline.timelines.fanOut(request);
  assert.equal(first.conversation.ok.sequenceId, '1');
  const second = await tideline.timelines.fanOut(request);
  assert.deepEqual(
    second.inboxes.map((one) => [one.ok.sequenceId, one.ok.duplicate]),
    [
      ['1', true],
      ['1', true],
    ],
  );
  assert.deepEqual(texts((await scan('inbox', 'ben')).entries), ['hello']);
});

test('cursors and what is unread', async () => {
  await createStore('read');
  await append('read', 'a', 'one', 'two', 'three');
  await append('read', 'b', 'four');
  const cursor = (name, sequenceId) => ({ timeline: timeline(name), reader: 'ana', sequenceId });
  const commit = await tideline.cursors.commitCursors({
    store: named('read'),
    cursors: [cursor('a', 2), cursor('b', 2)],
  });
  assert.equal(commit.results[0].cursor.sequenceId, '2');
  assert.equal(commit.results[1].error.detail.reason, 'ERROR_REASON_OUT_OF_RANGE');
  // A cursor never goes back.
  await tideline.cursors.commitCursors({ store: named('read'), cursors: [cursor('a', 1)] });
  const timelines = ['a', 'b'].map(timeline);
  const stored = await tideline.cursors.getCursors({ store: named('read'), reader: 'ana', timelines });
  assert.deepEqual(
    stored.results.map((one) => one.cursor.sequenceId),
    ['2', '0'],
  );
  const unread = await tideline.cursors.countUnread({ store: named('read'), reader: 'ana', timelines });
  assert.deepEqual(
    unread.results.map((one) => one.unread.count),
    ['1', '1'],
  );
  const listed = await tideline.cursors.listCursors({ store: named('read'), timeline: timeline('a') });
  assert.deepEqual(
    listed.cursors.map((one) => one.reader),
    ['ana'],
  );
  const nobody = tideline.cursors.commitCursors({
    store: named('read'),
    cursors: [{ timeline: timeline('a'), sequenceId: 1 }],
  });
  const detail = await refused(nobody, grpc.status.INVALID_ARGUMENT, 'INVALID_NAME');
  assert.equal(detail.field, 'cursors[0].reader');
});

test('meta', async () => {
  await createStore('meta');
  const at = { store: named('meta'), timeline: timeline('a') };
  await tideline.metas.putMeta({ ...at, fields: { fields: { topic: string('tea') } } });
  const { meta } = await tideline.metas.getMeta(at);
  assert.equal(meta.fields.fields.topic.stringValue, 'tea');
  assert.equal(meta.revision, '1');
  const update = await tideline.metas.updateMeta({
    ...at,
    setFields: { size: { int64Value: 3 } },
    removeFields: ['topic'],
    expectedRevision: 1,
  });
  assert.equal(update.revision, '2');
  await refused(
    tideline.metas.updateMeta({ ...at, setFields: { size: string('x') }, expectedRevision: 1 }),
    grpc.status.FAILED_PRECONDITION,
    'CONDITION_FAILED',
  );
  for (const name of ['b', 'c']) {
    const other = { store: named('meta'), timeline: timeline(name) };
    await tideline.metas.putMeta({ ...other, fields: { fields: { topic: string(name) } } });
  }
  const page = await tideline.metas.listMeta({ store: named('meta'), limit: 2 });
  assert.equal(page.status, 'COVERAGE_STATUS_MORE');
  assert.deepEqual(Object.keys(page.metas[0].fields.fields), ['size']);
  const rest = await tideline.metas.listMeta({ store: named('meta'), pageToken: page.nextPageToken });
  assert.equal(rest.status, 'COVERAGE_STATUS_COMPLETE');
  assert.deepEqual(
    rest.metas.map((one) => one.timeline.fields[0].stringValue),
    ['c'],
  );
  assert.equal((await tideline.metas.deleteMeta(at)).existed, true);
  await refused(tideline.metas.getMeta(at), grpc.status.NOT_FOUND, 'META_NOT_FOUND');
});

test('what is refused says why in its trailers', async () => {
  await createStore('errors');
  const missing = await refused(
    tideline.timelines.append({
      store: 'nowhere',
      timeline: timeline('a'),
      message: message('x'),
    }),
    grpc.status.NOT_FOUND,
    'STORE_NOT_FOUND',
  );
  assert.equal(missing.store, 'nowhere');
  const limit = await refused(
    scan('errors', 'a', { limit: 1_001 }),
    grpc.status.INVALID_ARGUMENT,
    'OUT_OF_RANGE',
  );
  assert.deepEqual([limit.field, limit.value, limit.limit], ['limit', '1001', '1..1000']);
  const inverted = scan('errors', 'a', { fromSequenceId: 5, toSequenceId: 2 });
  await refused(inverted, grpc.status.INVALID_ARGUMENT, 'INVERTED_RANGE');
  await refused(
    tideline.timelines.heads({
      store: named('errors'),
      timelines: Array.from({ length: 1_001 }, (_, i) => timeline(`t${i}`)),
    }),
    grpc.status.INVALID_ARGUMENT,
    'TOO_MANY',
  );
  await refused(createStore('errors'), grpc.status.ALREADY_EXISTS, 'STORE_ALREADY_EXISTS');
  await refused(
    tideline.timelines.deleteTimeline({ store: named('errors'), timeline: timeline('never') }),
    grpc.status.NOT_FOUND,
    'TIMELINE_NOT_FOUND',
  );
  await refused(
    tideline.timelines.append({ store: named('errors'), timeline: timeline('a') }),
    grpc.status.INVALID_ARGUMENT,
    'REQUIRED',
  );
});
