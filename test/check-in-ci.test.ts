import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, test } from 'node:test'
import { parseYaml } from '../src/formats/yaml/parse-yaml.js'

// What ships for CI: the action's script is run as a runner would, and what it uploads is SARIF.

const folder = mkdtempSync(join(tmpdir(), 'flotilla-check-ci-'))
after(() => rmSync(folder, { recursive: true, force: true }))

interface Step {
  run?: string
  uses?: string
  env?: Record<string, string>
}
interface Action {
  inputs: Record<string, { default: string; description: string }>
  runs: { using: string; steps: Step[] }
}

function runAction(paths: string): { code: string; status: number | null; sarif: string; summary: string; said: string } {
  const action = parseYaml(readFileSync('action.yml', 'utf8')) as unknown as Action
  const step = action.runs.steps.find(({ run }) => run?.includes('CHECK_PROGRAM'))!
  const given: Record<string, string> = { 'inputs.paths': paths, 'github.action_path': resolve('.') }
  const env = Object.fromEntries(
    Object.entries(step.env ?? {}).map(([key, text]) => [
      key,
      text.replace(
        /\$\{\{ ([\w.-]+) \}\}/g,
        (_, name: string) => given[name] ?? action.inputs[name.slice('inputs.'.length)]!.default,
      ),
    ]),
  )
  writeFileSync(join(folder, 'out'), '')
  writeFileSync(join(folder, 'summary'), '')
  // Making a checkout ready is tested where it is done: here the program that was built is run.
  const program = join(folder, 'check.mjs')
  writeFileSync(
    program,
    `import { spawnSync } from 'node:child_process'\nconst { status } = spawnSync(process.execPath, [${JSON.stringify(resolve('bin/flotilla.js'))}, 'check', ...process.argv.slice(2)], { stdio: 'inherit' })\nprocess.exit(status)\n`,
  )
  const { status, stderr } = spawnSync('bash', ['-e', '-o', 'pipefail', '-c', step.run!], {
    cwd: join(folder, 'repository'),
    encoding: 'utf8',
    env: {
      PATH: process.env.PATH,
      HOME: folder,
      ...env,
      CHECK_PROGRAM: program,
      GITHUB_OUTPUT: join(folder, 'out'),
      GITHUB_STEP_SUMMARY: join(folder, 'summary'),
    },
  })
  return {
    status,
    said: stderr,
    code: /code=(\d+)/.exec(readFileSync(join(folder, 'out'), 'utf8'))?.[1] ?? '',
    sarif: readFileSync(join(folder, 'repository', env.CHECK_SARIF!), 'utf8'),
    summary: readFileSync(join(folder, 'summary'), 'utf8'),
  }
}

const broken = 'apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {port: [{port: 80}], ports: [{port: 80}]}\n'

test('the action: findings are written, shown, and fail the job afterwards', () => {
  mkdirSync(join(folder, 'repository/apps dir'), { recursive: true })
  writeFileSync(join(folder, 'repository/a.yaml'), broken)
  const found = runAction('.')
  assert.deepEqual([found.status, found.code], [0, '1'], found.said)
  assert.match(found.summary, /\| `a\.yaml:4:8`/)
  checkSarif(JSON.parse(found.sarif))
  const hostile = runAction('a.yaml;touch$IFS../pwned $(touch pwned)')
  assert.equal(hostile.code, '2', 'a path is a path, and not a script')
  writeFileSync(join(folder, 'repository/a.yaml'), broken.replace('port: [{port: 80}], ', ''))
  const clean = runAction('a.yaml')
  assert.deepEqual([clean.status, clean.code], [0, '0'], clean.said)
  checkSarif(JSON.parse(clean.sarif))
})

test('the hook runs what is there, with flags that the program has', () => {
  const [hook] = parseYaml(readFileSync('.pre-commit-hooks.yaml', 'utf8')) as unknown as {
    entry: string
    args: string[]
    files: string
    language: string
  }[]
  assert.equal(hook!.language, 'script')
  assert.match(readFileSync(hook!.entry, 'utf8'), /^#!\/usr\/bin\/env node\n/)
  const files = new RegExp(hook!.files)
  assert.ok(files.test('clusters/a.yaml') && files.test('join.sh') && !files.test('main.go'))
})

/** The members that the schema of SARIF 2.1.0 requires, and what it says of their values. */
function checkSarif(log: unknown): void {
  const { version, runs } = log as { version: string; runs: Record<string, unknown>[] }
  assert.equal(version, '2.1.0')
  assert.ok(Array.isArray(runs) && runs.length > 0)
  for (const run of runs) {
    const { driver } = run.tool as { driver: { name: string; rules: { id: string; shortDescription: { text: string } }[] } }
    assert.equal(typeof driver.name, 'string')
    assert.equal(new Set(driver.rules.map(({ id }) => id)).size, driver.rules.length, 'rules are unique')
    for (const rule of driver.rules) assert.ok(rule.id.length > 0 && rule.shortDescription.text.length > 0)
    for (const result of run.results as Record<string, unknown>[]) {
      const {
        message,
        ruleId,
        ruleIndex,
        level,
        locations,
        relatedLocations = [],
      } = result as {
        message: { text: string }
        ruleId: string
        ruleIndex: number
        level: string
        locations: Location[]
        relatedLocations?: (Location & { id: number })[]
      }
      assert.ok(message.text.length > 0)
      assert.equal(driver.rules[ruleIndex]?.id, ruleId)
      assert.ok(['none', 'note', 'warning', 'error'].includes(level))
      for (const { physicalLocation } of [...locations, ...relatedLocations]) {
        if (physicalLocation === undefined) continue
        const { artifactLocation, region } = physicalLocation
        assert.ok(URL.canParse(artifactLocation.uri, 'file:///'), 'a URI reference')
        assert.ok(!/[\s\\]/.test(artifactLocation.uri))
        const { startLine, startColumn, endLine = startLine, endColumn } = region
        assert.ok(startLine >= 1 && startColumn >= 1 && endLine >= startLine && (endColumn ?? 1) >= 1)
      }
      for (const { id } of relatedLocations) assert.ok(Number.isInteger(id) && id >= 0)
    }
  }
}

interface Location {
  physicalLocation?: {
    artifactLocation: { uri: string }
    region: { startLine: number; startColumn: number; endLine?: number; endColumn?: number }
  }
}
