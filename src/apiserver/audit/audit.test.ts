import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { silentLog } from '../../base/log.js'
import type { AccessAttributes } from '../contract.js'
import { createAuditFile } from './audit-file.js'
import { defaultAuditPolicy, readAuditPolicy } from './audit-policy.js'
import { type AuditedRequest, AuditTrail } from './audit-trail.js'

const directory = mkdtempSync(join(tmpdir(), 'audit-test-'))
after(() => rmSync(directory, { recursive: true, force: true }))
const attributes = (more: Partial<AccessAttributes> = {}): AccessAttributes => ({
  verb: 'get',
  group: '',
  version: 'v1',
  resource: 'pods',
  subresource: '',
  namespace: 'shop',
  name: 'web',
  ...more,
})
const request = (more: Partial<AccessAttributes> = {}): AuditedRequest => ({
  auditId: 'a-1',
  cluster: 'us-east',
  requestUri: '/api/v1/namespaces/shop/pods/web',
  sourceIp: '127.0.0.1',
  userAgent: 'kubectl',
  user: { name: 'jane', groups: ['dev'] },
  impersonated: undefined,
  attributes: attributes(more),
  receivedMs: 1_800_000_000_000,
})
const policyOf = (...rules: object[]) => readAuditPolicy({ apiVersion: 'audit.k8s.io/v1', kind: 'Policy', rules }, 'policy.yaml')

test('the first rule that matches decides', () => {
  const policy = policyOf(
    { level: 'None', users: ['system:kube-proxy'], verbs: ['watch'] },
    { level: 'None', nonResourceURLs: ['/healthz*', '/version'] },
    { level: 'Metadata', resources: [{ group: '', resources: ['secrets', 'configmaps'] }] },
    { level: 'Request', resources: [{ group: '', resources: ['pods/log', '*/status'] }], namespaces: ['shop'] },
    { level: 'RequestResponse', resources: [{ group: 'apps' }] },
    { level: 'Metadata', userGroups: ['dev'], verbs: ['delete'] },
  )
  const jane = { name: 'jane', groups: ['dev'] }
  const levelOf = (more: Partial<AccessAttributes>, user = jane) => policy(attributes(more), user).level
  assert.equal(levelOf({ verb: 'watch' }, { name: 'system:kube-proxy', groups: [] }), 'None')
  assert.equal(levelOf({ path: '/healthz/etcd' }), 'None')
  assert.equal(levelOf({ resource: 'secrets' }), 'Metadata')
  assert.equal(levelOf({ subresource: 'log' }), 'Request')
  assert.equal(levelOf({ subresource: 'log', namespace: 'bank' }), 'None')
  assert.equal(levelOf({ subresource: 'status' }), 'Request')
  assert.equal(levelOf({ group: 'apps', resource: 'deployments' }), 'RequestResponse')
  assert.equal(levelOf({ verb: 'delete' }), 'Metadata')
  assert.equal(levelOf({}), 'None')
})

test('a policy that is wrong names its field', () => {
  const wrong = (rule: object, message: RegExp) => assert.throws(() => policyOf(rule), { name: 'UsageError', message })
  wrong({ level: 'All' }, /policy\.yaml: rules\[0\]\.level: must be one of None, Metadata/)
  wrong({ level: 'Metadata', omitStages: ['End'] }, /rules\[0\]\.omitStages/)
  wrong({ level: 'Metadata', nonResourceURLs: ['/a*b'] }, /\* stands at the end/)
  wrong({ level: 'Metadata', nonResourceURLs: ['/a'], namespaces: ['x'] }, /not of both/)
  wrong({ level: 'Metadata', resources: [{ resourceNames: ['x'] }] }, /needs resources/)
  assert.throws(() => readAuditPolicy({ kind: 'Policy' }, 'f'), /must be Policy of audit\.k8s\.io\/v1/)
  assert.throws(() => policyOf(), /rules: there are none/)
})

test('each level writes what it should, and no more', () => {
  const lines: string[] = []
  const sink = (line: string) => void lines.push(line)
  const run = (level: string, more: object = {}) => {
    lines.length = 0
    const trail = AuditTrail.begin(
      { policy: policyOf({ level, ...more }), sink },
      request({ verb: 'create' }),
      () => 1_800_000_000_500,
    )
    trail?.noteRequest({ metadata: { name: 'web', managedFields: [{}] }, secret: 1 })
    trail?.noteResponse({ metadata: { name: 'web' }, secret: 2 })
    trail?.annotate('authorization.k8s.io/decision', 'allow')
    trail?.write('ResponseComplete', { code: 201 })
    return lines.map((line) => JSON.parse(line))
  }
  const [received, complete] = run('Metadata')
  assert.equal(received.stage, 'RequestReceived')
  assert.deepEqual(complete, {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Metadata',
    auditID: 'a-1',
    stage: 'ResponseComplete',
    requestURI: '/api/v1/namespaces/shop/pods/web',
    verb: 'create',
    user: { username: 'jane', groups: ['dev'] },
    sourceIPs: ['127.0.0.1'],
    userAgent: 'kubectl',
    objectRef: { resource: 'pods', namespace: 'shop', name: 'web', apiVersion: 'v1' },
    responseStatus: { metadata: {}, code: 201 },
    requestReceivedTimestamp: '2027-01-15T08:00:00.000000Z',
    stageTimestamp: '2027-01-15T08:00:00.500000Z',
    annotations: { 'flotilla.dev/cluster': 'us-east', 'authorization.k8s.io/decision': 'allow' },
  })
  const ofRequest = run('Request', { omitStages: ['RequestReceived'] })
  assert.equal(ofRequest.length, 1)
  assert.equal(ofRequest[0].requestObject.secret, 1)
  assert.equal(ofRequest[0].responseObject, undefined)
  assert.equal(ofRequest[0].requestObject.metadata.managedFields.length, 1)
  const both = run('RequestResponse', { omitManagedFields: true })[1]
  assert.equal(both.responseObject.secret, 2)
  assert.equal(both.requestObject.metadata.managedFields, undefined)
  assert.deepEqual(run('None'), [])
})

test('the file is private, whole and rotated', async () => {
  const path = join(directory, 'audit.log')
  const file = createAuditFile({ path, log: silentLog, now: () => 0, rotateBytes: 100, keep: 2 })
  for (let round = 0; round < 5; round++) {
    for (let line = 0; line < 10; line++) file.sink(`{"n":${round * 10 + line}}\n`)
    await new Promise((done) => setImmediate(done))
    await new Promise((done) => setImmediate(done))
  }
  file.sink('{"n":50}\n')
  file.close()
  assert.equal(statSync(path).mode & 0o777, 0o600)
  const numbers = [`${path}.2`, `${path}.1`, path].flatMap((each) =>
    readFileSync(each, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).n),
  )
  assert.deepEqual(
    numbers,
    numbers.map((_, index) => numbers[0] + index),
  )
  assert.equal(numbers.at(-1), 50)
})

test('by default every request is written once, without bodies', () => {
  const { level, omitStages } = defaultAuditPolicy(attributes(), { name: 'x', groups: [] })
  assert.equal(level, 'Metadata')
  assert.ok(omitStages.has('RequestReceived'))
})
