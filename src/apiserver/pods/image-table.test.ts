import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createImageTable, formsOf, isMissingImage } from './image-table.js'
import { parsePodsConfig } from './pods-config.js'

test('images are found with and without registry, tag and digest; the first rule wins', () => {
  const table = createImageTable([
    { match: 'ghcr.io/acme/*', run: 'none' },
    { match: 'nginx:1.27*', run: 'simulated' },
  ])
  const run = (image: string) => {
    const rule = table.find(image)
    return 'server' in rule ? rule.server : rule.run
  }
  assert.equal(run('nginx'), 'nginx')
  assert.equal(run('docker.io/library/nginx:1.28-alpine'), 'nginx')
  assert.equal(run(`nginx@sha256:${'0'.repeat(64)}`), 'nginx')
  assert.equal(run('nginx:1.27.3'), 'simulated')
  assert.equal(run('nginx:broken'), 'simulated')
  assert.equal(run('nginx:404'), 'simulated')
  assert.equal(run('ghcr.io/acme/api:2'), 'none')
  assert.equal(run('localhost:5000/nginx'), 'simulated')
  assert.equal(run('evil/nginx'), 'simulated')
  assert.equal(run('registry.k8s.io/e2e-test-images/agnhost:2.53'), 'agnhost')
  assert.equal(run('httpd:2.4-alpine'), 'httpd')
  assert.equal(run(''), 'simulated')
  assert.deepEqual(formsOf('a:5000/b'), ['a:5000/b'])
  assert.deepEqual(['web:404', 'foo:non-existent', 'web:1.404', 'a:404/web', undefined].map(isMissingImage), [
    true,
    true,
    false,
    false,
    false,
  ])
})

test('the configuration file is read strictly, since what it says is executed', () => {
  const text = `
images:
  - match: ghcr.io/acme/api:*
    run: process
    command: [node, server.js]
    workingDirectory: /srv/api
    env: { HOST: $(POD_IP) }
    args: append
    exec: [cat]
  - { match: "*/legacy", run: none }
mostProcesses: 10
`
  const config = parsePodsConfig(text, 'pods.yaml')
  assert.equal(config.mostProcesses, 10)
  assert.deepEqual(config.images[0], {
    match: 'ghcr.io/acme/api:*',
    run: 'process',
    command: {
      command: ['node', 'server.js'],
      workingDirectory: '/srv/api',
      env: { HOST: '$(POD_IP)' },
      args: 'append',
      exec: ['cat'],
    },
  })
  const wrong: [string, RegExp][] = [
    ['[]', /the document: a map/],
    ['images: {}', /images: a list/],
    ['images: [{ match: a, run: process }]', /images\[0\].command/],
    ['images: [{ match: a, run: process, command: sh -c x }]', /images\[0\].command/],
    ['images: [{ match: a, run: process, command: [a], exce: [b] }]', /"exce" is not known/],
    ['images: [{ match: a, run: simulated, command: [a] }]', /"command" is not known/],
    ['images: [{ match: a, run: process, command: [a], workingDirectory: rel }]', /absolute path/],
    ['images: [{ match: a, run: process, command: [a], env: { A: 1 } }]', /env.A: a text/],
    ['images: [{ match: "[", run: none }]', /images\[0\].match/],
    ['mostProcesses: -1', /whole number/],
    ['a: b: c', /no YAML/],
  ]
  for (const [bad, message] of wrong)
    assert.throws(() => parsePodsConfig(bad, 'pods.yaml'), { code: 'bad-pods-config', message }, bad)
  assert.deepEqual(parsePodsConfig('', 'pods.yaml'), { images: [] })
})
