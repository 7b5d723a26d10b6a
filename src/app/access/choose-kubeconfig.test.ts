import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { after, test } from 'node:test'
import { CodedError } from '../../base/errors.js'
import { createKubeconfig } from '../../kube/client/create-kubeconfig.js'
import { lockDataDirectory, openDataDirectory } from '../fleet/data-directory.js'
import { chooseKubeconfig, type KubeconfigFlags } from './choose-kubeconfig.js'

const folder = mkdtempSync(join(tmpdir(), 'flotilla-choose-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const home = join(folder, 'home')
const inHome = join(home, '.kube', 'config')
const standard = join(home, '.local', 'state', 'flotilla')
const other = join(folder, 'other')

function kubeconfig(names: readonly string[], current?: string): string {
  const targets = names.map((name) => ({
    name,
    connection: { server: `https://${name}.test`, tls: { insecure: false }, auth: { kind: 'none' as const } },
    allMembers: name === 'fleet',
  }))
  return createKubeconfig(targets, current)
}

function file(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

function makeFleet(directory: string, current?: string): { stop: () => void } {
  mkdirSync(directory, { recursive: true })
  writeFileSync(join(directory, 'kubeconfig'), kubeconfig(['hub', 'us-east', 'fleet'], current))
  writeFileSync(join(directory, 'fleet.json'), '{}')
  return { stop: lockDataDirectory(openDataDirectory(directory)).release }
}

const choose = (flags: KubeconfigFlags, env: Record<string, string> = {}, among: 'all' | 'data-directory' = 'all') =>
  chooseKubeconfig({ flags, env: { HOME: home, ...env }, among })

async function refusal(chosen: Promise<unknown>): Promise<CodedError> {
  const error: unknown = await chosen.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof CodedError, String(error))
  return error
}

/** Where the chosen context leads, by the host of its server. */
async function reached(flags: KubeconfigFlags, env: Record<string, string> = {}): Promise<string> {
  const { connection, client } = await (await choose(flags, env)).connect('hub')
  client.close()
  return connection.server
}

test('flags, then $KUBECONFIG, then the fleet that runs, then ~/.kube/config', async () => {
  const given = file('given', kubeconfig(['given']))
  const named = file('named', kubeconfig(['named']))
  const env = { KUBECONFIG: named }
  assert.match((await refusal(choose({}))).message, /^no embedded fleet is running on .*home\/.local\/state\/flotilla$/)
  assert.match((await refusal(choose({ context: 'us-east' }))).message, /^--context us-east names a context of no file/)

  mkdirSync(join(home, '.kube'), { recursive: true })
  writeFileSync(inHome, kubeconfig(['mine', 'yours'], 'yours'))
  assert.equal(await reached({}), 'https://yours.test')
  assert.equal(await reached({ context: 'mine' }), 'https://mine.test')
  assert.match((await choose({})).where, /^context yours of .*\.kube\/config \(no embedded fleet is running on .*flotilla\)$/)

  const fleet = makeFleet(standard, 'us-east')
  const chosen = await choose({})
  assert.deepEqual(
    [chosen.context, chosen.reaches, chosen.where, chosen.dataDirectory, chosen.isImplied],
    ['hub', 'hub', standard, standard, false],
  )
  assert.equal(await reached({ context: 'us-east' }), 'https://us-east.test')

  assert.equal(await reached({}, env), 'https://named.test')
  assert.equal((await choose({}, env)).where, `context named of ${named} (from $KUBECONFIG)`)
  assert.equal(await reached({}, { KUBECONFIG: '' }), 'https://hub.test')
  assert.equal(await reached({ dataDir: standard }, env), 'https://hub.test')
  assert.equal(await reached({ kubeconfig: given }, env), 'https://given.test')
  assert.equal((await choose({ kubeconfig: given })).where, `context given of ${given} (--kubeconfig)`)
  assert.equal((await refusal(choose({ kubeconfig: given, dataDir: standard }))).code, 'two-fleets')
  assert.equal((await refusal(choose({ dataDir: other }, env))).code, 'no-fleet')
  fleet.stop()
})

test('what acts on an embedded fleet itself keeps to its data directory, and knows of another one', async () => {
  const [fleet, second] = [makeFleet(standard), makeFleet(other)]
  const env = { KUBECONFIG: join(other, 'kubeconfig') }
  const chosen = await choose({}, env, 'data-directory')
  assert.deepEqual([chosen.dataDirectory, chosen.otherFleet], [standard, other])
  assert.equal((await choose({ dataDir: other }, env, 'data-directory')).otherFleet, undefined)
  fleet.stop()
  const stopped = await refusal(choose({}, env, 'data-directory'))
  assert.equal(stopped.code, 'no-fleet')
  assert.match(stopped.fix ?? '', /^For the fleet of \$KUBECONFIG give --data-dir .*other\./)
  second.stop()
})

test('the files of $KUBECONFIG are merged, and those that are not there left out', async () => {
  const first = file('first', kubeconfig(['one']))
  const second = file('second', kubeconfig(['two', 'one'], 'two'))
  const KUBECONFIG = [join(folder, 'nowhere'), first, '', second].join(delimiter)
  const chosen = await choose({ context: 'two' }, { KUBECONFIG })
  assert.equal(chosen.where, `context two of ${second} (from $KUBECONFIG)`)
  const { connection, context, client } = await chosen.connect('member', 'one')
  client.close()
  assert.deepEqual([connection.server, context], ['https://one.test', 'one'])
  assert.equal((await choose({}, { KUBECONFIG })).context, 'one')
})

test('what is wrong with a kubeconfig says which it is, and from where', async () => {
  const path = file('plain', kubeconfig(['one']))
  const nobody = await refusal((await choose({ context: 'two' }, { KUBECONFIG: path })).connect('hub'))
  assert.equal(nobody.message, `kubeconfig: there is no context "two" (${path}, from $KUBECONFIG)`)
  const nowhere = join(folder, 'nowhere')
  const missing = await refusal(choose({}, { KUBECONFIG: nowhere }))
  assert.deepEqual(
    [missing.code, missing.message],
    ['kubeconfig-missing', `there is no kubeconfig ${nowhere} (from $KUBECONFIG)`],
  )
  const broken = await refusal(choose({ kubeconfig: file('broken', 'kind: Pod\n') }))
  assert.match(broken.message, /broken: expected kind Config, found Pod \(--kubeconfig\)$/)
})

test('the own file of a fleet says what each of its contexts is', async () => {
  const fleet = makeFleet(other, 'us-east')
  const KUBECONFIG = join(other, 'kubeconfig')
  const reaches = async (flags: KubeconfigFlags) => (await choose(flags, { KUBECONFIG })).reaches
  assert.equal(await reaches({}), 'member')
  assert.equal(await reaches({ context: 'hub' }), 'hub')
  assert.equal(await reaches({ context: 'fleet' }), 'all-members')
  assert.equal((await choose({ context: 'hub' }, { KUBECONFIG })).where, other)
  assert.equal((await choose({}, { KUBECONFIG })).where, `context us-east of ${KUBECONFIG} (from $KUBECONFIG)`)
  fleet.stop()
})
