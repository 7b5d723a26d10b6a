import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkHistory } from './check-history.js'
import type { Change, Operation } from './history.js'

const change = (revision: number, type: Change['type'], key: string, value: string, uid = key): Change => ({
  type,
  revision,
  key,
  value,
  uid,
})
let client = 0
const did = (start: number, end: number, rest: Partial<Operation> & Pick<Operation, 'kind' | 'outcome'>): Operation => ({
  client: client++,
  key: 'a',
  start,
  end,
  ...rest,
})
const created = (start: number, end: number, value: string, revision: number) =>
  did(start, end, { kind: 'create', value, outcome: { type: 'written', revision } })
const updated = (start: number, end: number, value: string, revision: number, expected?: number) =>
  did(start, end, { kind: 'update', value, outcome: { type: 'written', revision }, ...(expected ? { expected } : {}) })
const found = (start: number, end: number, value: string, revision: number) =>
  did(start, end, { kind: 'get', outcome: { type: 'found', revision, value } })
const changes = [change(2, 'ADDED', 'a', 'one'), change(3, 'MODIFIED', 'a', 'two'), change(5, 'DELETED', 'a', 'two')]
const deleted = (start: number, end: number) => did(start, end, { kind: 'delete', outcome: { type: 'deleted', uid: 'a' } })
const writes = [created(0, 1, 'one', 2), updated(2, 5, 'two', 3, 2), deleted(8, 9)]

test('a history that can be put in order passes', () => {
  const absent = did(9.5, 10, { kind: 'get', outcome: { type: 'absent' } })
  const conflict = did(2, 3, { kind: 'update', value: 'never', expected: 9, outcome: { type: 'conflict' } })
  const listed = did(6, 7, {
    kind: 'list',
    key: '',
    outcome: { type: 'listed', revision: 4, items: new Map([['a', { revision: 3, value: 'two' }]]) },
  })
  assert.deepEqual(
    checkHistory([...writes, found(3, 4, 'one', 2), found(4.5, 5.5, 'two', 3), absent, conflict, listed], changes),
    [],
  )
  // An unknown outcome may have happened or not.
  const lost = did(6, 20, { kind: 'update', value: 'lost', outcome: { type: 'unknown' } })
  const last = did(6, 20, { kind: 'update', value: 'two', outcome: { type: 'unknown' } })
  assert.deepEqual(checkHistory([writes[0]!, last, lost, deleted(21, 22)], changes), [])
})

test('every kind of violation is found', () => {
  const wrong = (operations: Operation[], seen: Change[], expected: RegExp) =>
    assert.match(checkHistory(operations, seen).join('\n') || 'nothing was found', expected)
  wrong([...writes, updated(6, 7, 'three', 4)], changes, /three was acknowledged at 4, the watch has it at no revision/)
  wrong([writes[0]!, writes[1]!], changes, /deleted 1 times by 0 deletions/)
  wrong(writes, [...changes, change(6, 'ADDED', 'a', 'ghost')], /nobody wrote/)
  wrong([...writes, found(6, 7, 'one', 2)], changes, /found revision 2, when 3 was known/)
  wrong([...writes, found(3, 3.5, 'two', 3), found(4, 4.5, 'one', 2)], changes, /found revision 2, when 3 was known/)
  wrong(
    [created(0, 1, 'one', 2), found(1.2, 1.5, 'two', 3), updated(2, 5, 'two', 3, 2), deleted(8, 9)],
    changes,
    /was begun later/,
  )
  wrong(
    [...writes, did(6, 7, { kind: 'get', outcome: { type: 'absent' } }), found(7.5, 7.7, 'two', 3)],
    changes,
    /found revision 3, when 5/,
  )
  wrong([created(0, 1, 'one', 2), updated(2, 5, 'two', 3, 1), deleted(8, 9)], changes, /expected 1, and changed 2/)
  const listed = did(6, 7, { kind: 'list', key: '', outcome: { type: 'listed', revision: 4, items: new Map() } })
  wrong([...writes, listed], changes, /a is absent and was 3/)
  const refused = did(6, 7, { kind: 'update', value: 'two', outcome: { type: 'refused' } })
  wrong([writes[0]!, refused, deleted(8, 9)], changes, /its writer was told: refused/)
  const conflict = did(6, 7, { kind: 'update', value: 'x', expected: 3, outcome: { type: 'conflict' } })
  wrong([...writes.slice(0, 2), conflict], changes.slice(0, 2), /was told conflict, which it never was/)
  wrong(writes, [changes[0]!, changes[2]!, changes[1]!], /went back from revision 5 to 3/)
})
