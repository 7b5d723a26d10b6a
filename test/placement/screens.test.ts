import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Command } from 'commander'
import { placementCommand } from '../../src/cli/commands/placement.js'

/**
 * Each file of `screens/` starts with the command that is run on it; what it prints stands beside it, standard error after
 * standard output. With FLOTILLA_REWRITE=1 the screens are written anew: read the difference before committing it.
 */
const folder = 'test/placement/screens'

for (const name of readdirSync(folder).filter((each) => each.endsWith('.yaml'))) {
  test(`the screen of ${name}`, async () => {
    const path = join(folder, name)
    const line = readFileSync(path, 'utf8').split('\n', 1)[0]?.replace(/^# /, '') ?? ''
    const written = await run([...line.split(' '), '-f', path])
    const golden = path.replace(/\.yaml$/, '.screen')
    if (process.env['FLOTILLA_REWRITE'] === '1') writeFileSync(golden, written)
    assert.equal(written, readFileSync(golden, 'utf8'))
  })
}

test('json is what programs read: the decision with every verdict', async () => {
  const text = await run(['placement', 'dry-run', '-o', 'json', '-f', join(folder, 'two-policies.yaml')])
  const [only] = JSON.parse(text) as {
    dialect: string
    decision: { policies: { verdict: string }[]; clusters: { filters: unknown[] }[] }
  }[]
  assert.equal(only?.dialect, 'karmada')
  assert.deepEqual(
    only?.decision.policies.map(({ verdict }) => verdict),
    ['won', 'lost'],
  )
  assert.ok(only?.decision.clusters.every(({ filters }) => filters.length > 0))
})

test('what each cluster would get, overrides applied', async () => {
  const text = await run(['placement', 'dry-run', '-o', 'objects', '-f', join(folder, 'labels-and-spread.yaml')])
  assert.match(
    text,
    /# cluster dallas\n[\s\S]*replicas: 4[\s\S]*image: web:1[\s\S]*# cluster paris\n[\s\S]*replicas: 3[\s\S]*image: mirror\.example\/web:1/,
  )
})

test('mistakes are told with their fix', async () => {
  const fails = (args: string[], what: RegExp) => assert.rejects(run(['placement', 'dry-run', ...args]), what)
  await fails(['-f', join(folder, 'tiers.yaml'), '--lose', 'atlantis'], /there is no cluster atlantis/)
  await fails(['-f', join(folder, 'tiers.yaml'), '--room', 'own'], /"own" is not CLUSTER=COUNT/)
  await fails(['-f', 'package.json'], /is no object of Kubernetes/)
  await fails(['-f', 'no-such-file.yaml'], /cannot read no-such-file/)
})

async function run(args: readonly string[]): Promise<string> {
  let out = ''
  let err = ''
  const line = (text: string) => (text.endsWith('\n') ? text : `${text}\n`)
  const program = new Command().exitOverride()
  placementCommand.register(program, {
    out: (text) => {
      out += line(text)
    },
    err: (text) => {
      err += line(text)
    },
    env: {},
    colour: false,
    interactive: false,
    readStdin: async () => '',
    exitCode: () => {},
  })
  await program.parseAsync(['node', 'flotilla', ...args])
  return out + err
}
