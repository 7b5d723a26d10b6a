import assert from 'node:assert/strict'
import { test } from 'node:test'
import { negotiate } from './accept.js'
import { deleteOptionsOf, durationSeconds } from './query-options.js'
import { parseRequestInfo } from './request-info.js'

test('paths and methods mean what upstream says they mean', () => {
  const cases: [method: string, url: string, meaning: string][] = [
    ['GET', '/api/v1/pods', 'list |v1|||pods|'],
    ['GET', '/api/v1/namespaces/a/pods', 'list |v1|a||pods|'],
    ['GET', '/api/v1/namespaces/a/pods/x', 'get |v1|a|x|pods|'],
    ['HEAD', '/api/v1/namespaces/a/pods/x', 'get |v1|a|x|pods|'],
    ['GET', '/api/v1/namespaces/a/pods/x/log', 'get |v1|a|x|pods|log'],
    ['GET', '/api/v1/namespaces/a/pods?watch=true', 'watch |v1|a||pods|'],
    ['GET', '/api/v1/namespaces/a/pods?watch=0', 'list |v1|a||pods|'],
    ['GET', '/api/v1/watch/namespaces/a/pods', 'watch |v1|a||pods|'],
    ['GET', '/api/v1/watch/namespaces/a/pods/x', 'watch |v1|a|x|pods|'],
    ['GET', '/api/v1/namespaces', 'list |v1|||namespaces|'],
    ['GET', '/api/v1/namespaces/a', 'get |v1|a|a|namespaces|'],
    ['PUT', '/api/v1/namespaces/a/finalize', 'update |v1|a|a|namespaces|finalize'],
    ['PUT', '/api/v1/namespaces/a/status', 'update |v1|a|a|namespaces|status'],
    ['POST', '/apis/apps/v1/namespaces/a/deployments', 'create apps|v1|a||deployments|'],
    ['PATCH', '/apis/apps/v1/namespaces/a/deployments/x/scale', 'patch apps|v1|a|x|deployments|scale'],
    ['DELETE', '/apis/apps/v1/namespaces/a/deployments', 'deletecollection apps|v1|a||deployments|'],
    ['DELETE', '/apis/apps/v1/namespaces/a/deployments/x', 'delete apps|v1|a|x|deployments|'],
    ['GET', '/api/v1/nodes/n%2F1', 'get |v1||n/1|nodes|'],
    ['GET', '/api', 'path get'],
    ['GET', '/apis/apps/v1', 'path get'],
    ['POST', '/version', 'path post'],
  ]
  for (const [method, url, meaning] of cases) {
    const { pathname, search } = new URL(url, 'http://x')
    const info = parseRequestInfo(method, pathname, new URLSearchParams(search))
    const found = info.isResource
      ? `${info.verb} ${info.group}|${info.version}|${info.namespace}|${info.name}|${info.resource}|${info.subresource}`
      : `path ${info.verb}`
    assert.equal(found, meaning, `${method} ${url}`)
  }
  const selected = parseRequestInfo(
    'GET',
    '/api/v1/pods',
    new URLSearchParams('fieldSelector=metadata.name=x,status.phase=Running'),
  )
  assert.equal(selected.selectedName, 'x')
  assert.throws(() => parseRequestInfo('GET', '/api/v1/%zz', new URLSearchParams()), URIError)
})

test('the answer takes the first form that both sides know', () => {
  const form = (accept: string | undefined, list = true, transforms = true) => {
    const { media, as, metaVersion } = negotiate(accept, { pretty: false, transforms, list })
    return `${media} ${as} ${metaVersion}`
  }
  assert.equal(form(undefined), 'json object v1')
  assert.equal(form('*/*'), 'json object v1')
  assert.equal(form('application/vnd.kubernetes.protobuf,application/json'), 'json object v1')
  assert.equal(form('application/json;q=0.5,application/yaml'), 'yaml object v1')
  assert.equal(form('application/json;as=Table;g=meta.k8s.io;v=v1beta1'), 'json Table v1beta1')
  assert.equal(form('application/json;as=Table;g=other;v=v1,application/json'), 'json object v1')
  assert.equal(form('application/json;as=Table;g=meta.k8s.io;v=v1,application/json', true, false), 'json object v1')
  assert.equal(form('application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1', false), 'json PartialObjectMetadata v1')
  for (const accept of ['text/html', 'application/json;as=Table;g=meta.k8s.io;v=v9', 'application/json;q=0']) {
    assert.throws(() => form(accept), { code: 'not-acceptable' }, accept)
  }
})

test('options of deletions come from the body, or else from the query', () => {
  const query = new URLSearchParams('propagationPolicy=Orphan&gracePeriodSeconds=3&dryRun=All')
  assert.deepEqual(deleteOptionsOf(query, undefined), { propagationPolicy: 'Orphan', gracePeriodSeconds: 3, dryRun: true })
  assert.deepEqual(deleteOptionsOf(query, { preconditions: { uid: 'u' } }), { preconditions: { uid: 'u' } })
  assert.throws(() => deleteOptionsOf(new URLSearchParams('propagationPolicy=Never'), undefined), { code: 'invalid' })
  assert.throws(() => deleteOptionsOf(new URLSearchParams('gracePeriodSeconds=1e3'), undefined), { code: 'bad-request' })
})

test('durations of Go', () => {
  assert.equal(durationSeconds('34s'), 34)
  assert.equal(durationSeconds('1m30s'), 90)
  assert.equal(durationSeconds('500ms'), 0.5)
  assert.equal(durationSeconds('32'), 32)
  for (const text of ['', 'x', '1', '-1s', '1s '].filter((item) => item !== '1')) assert.equal(durationSeconds(text), undefined)
})
