import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runTestGenerator, testRepository } from '../../../../../test/support/cases/application-set-facts.js'

const files = {
  'README.md': 'x',
  'apps/guestbook/base.yaml': '',
  'apps/Web_App/config.json': '{"name": "web", "port": 8080, "tags": ["a", "b"], "deep": {"on": true, "none": null}}',
  'apps/legacy/x.yaml': '',
  'apps/.hidden/x.yaml': '',
  'config/eu/a/config.yaml': 'name: eu\nurl: https://eu\n',
  'config/us/config.yaml': '- name: us-1\n- name: us-2\n',
  'config/config.yaml': '',
  'config/us/bad.yaml': '- 1\n',
}
const git = (rest: string, revision = '') => `git: {repoURL: ${testRepository}${revision}, ${rest}}`
const run = (yaml: string, options: Parameters<typeof runTestGenerator>[1] = {}) => runTestGenerator(yaml, { files, ...options })
const pathsOf = async (yaml: string) => (await run(yaml)).map((params) => (params['path'] as { path: string }).path)

test('directories: path, basename, segments; hidden ones do not count', async () => {
  assert.deepEqual(await run(git('directories: [{path: apps/Web*}]')), [
    { path: { path: 'apps/Web_App', basename: 'Web_App', basenameNormalized: 'web-app', segments: ['apps', 'Web_App'] } },
  ])
  assert.deepEqual(await pathsOf(git('directories: [{path: "apps/*"}]')), ['apps/Web_App', 'apps/guestbook', 'apps/legacy'])
  assert.deepEqual(await pathsOf(git('directories: [{path: "*"}]')), ['apps', 'config'])
  assert.deepEqual(await pathsOf(git('directories: [{path: "config/*/*"}, {path: config}]')), ['config', 'config/eu/a'])
})

test('directories: an exclusion wins wherever it stands; a malformed pattern takes no application away', async () => {
  assert.deepEqual(await pathsOf(git('directories: [{path: apps/legacy, exclude: true}, {path: "apps/*"}]')), [
    'apps/Web_App',
    'apps/guestbook',
  ])
  await assert.rejects(run(git('directories: [{path: "apps/["}, {path: config}]')), /git.directories: .*glob pattern "apps\/\["/)
})

test('directories: fasttemplate keys and a prefix', async () => {
  assert.deepEqual(await run(git('directories: [{path: apps/legacy}]'), { goTemplate: false }), [
    {
      path: 'apps/legacy',
      'path.basename': 'legacy',
      'path.basenameNormalized': 'legacy',
      'path[0]': 'apps',
      'path[1]': 'legacy',
    },
  ])
  const prefixed = await run(
    git('directories: [{path: apps/legacy}], pathParamPrefix: app, values: {at: "{{ .app.path.basename }}"}'),
  )
  assert.deepEqual(Object.keys(prefixed[0]!), ['app', 'values'])
  assert.deepEqual(prefixed[0]!['values'], { at: 'legacy' })
})

test('files: the content and the path, by path', async () => {
  assert.deepEqual(await run(git('files: [{path: "apps/*/config.json"}]')), [
    {
      name: 'web',
      port: 8080,
      tags: ['a', 'b'],
      deep: { on: true, none: null },
      path: {
        path: 'apps/Web_App',
        basename: 'Web_App',
        filename: 'config.json',
        basenameNormalized: 'web-app',
        filenameNormalized: 'config.json',
        segments: ['apps', 'Web_App'],
      },
    },
  ])
})

test('files: a star crosses slashes unless the newer globbing is on', async () => {
  const yaml = git('files: [{path: "config/*config.yaml"}]')
  assert.deepEqual(
    (await run(yaml)).map((params) => params['name']),
    [undefined, 'eu', 'us-1', 'us-2'],
  )
  assert.equal((await run(yaml, { newGitFileGlobbing: true })).length, 1)
  const deep = git('files: [{path: "config/**/config.yaml"}]')
  assert.deepEqual(
    (await run(deep)).map((params) => params['name']),
    ['eu', 'us-1', 'us-2'],
  )
  assert.deepEqual(
    (await run(deep, { newGitFileGlobbing: true })).map((params) => params['name']),
    [undefined, 'eu', 'us-1', 'us-2'],
  )
})

test('files: an empty file gives its path only, an exclusion takes files away', async () => {
  const [only] = await run(git('files: [{path: config/config.yaml}]'))
  assert.deepEqual(Object.keys(only!), ['path'])
  const some = await run(git('files: [{path: "config/*"}, {path: "config/us/*", exclude: true}]'))
  assert.deepEqual(
    some.map((params) => params['name']),
    [undefined, 'eu'],
  )
})

test('files: fasttemplate flattens the content', async () => {
  const [web] = await run(git('files: [{path: apps/Web_App/config.json}]'), { goTemplate: false })
  assert.equal(web!['name'], 'web')
  assert.equal(web!['port'], '8080')
  assert.equal(web!['tags.1'], 'b')
  assert.equal(web!['deep.on'], 'true')
  assert.equal(web!['deep.none'], '<nil>')
  assert.equal(web!['path'], 'apps/Web_App')
  assert.equal(web!['path.filename'], 'config.json')
  assert.equal(web!['path[1]'], 'Web_App')
})

test('what cannot be read is an error, never nothing', async () => {
  await assert.rejects(
    run(git('files: [{path: config/us/bad.yaml}]')),
    /unable to process file 'config\/us\/bad.yaml'.*list of objects/,
  )
  await assert.rejects(run('git: {repoURL: "https://elsewhere/x.git", files: [{path: x}]}'), /cannot be read/)
  await assert.rejects(run(git('revision: main')), /expected directories or files/)
  await assert.rejects(run('git: {files: [{path: x}]}'), /git\.repoURL/)
})
