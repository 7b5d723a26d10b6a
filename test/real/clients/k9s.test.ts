import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { after, before, describe, test } from 'node:test'
import { TerminalScreen } from '../../support/terminal-screen.js'
import { type ClientFleet, startClientFleet } from '../../support/worlds/client-fleet.js'

/** k9s in a pseudo terminal: what is on its screen. It is the one that FLOTILLA_K9S names, or that is on PATH; nothing builds it. */
const k9s = process.env['FLOTILLA_K9S'] ?? 'k9s'
const runs = (program: string, ...args: string[]) => spawnSync(program, args, { stdio: 'ignore' }).status === 0
const missing = !runs(k9s, 'version', '-s')
  ? 'k9s is not installed (FLOTILLA_K9S names one)'
  : !runs('script', '--version')
    ? 'script is not installed'
    : false
const [rows, columns] = [45, 220]

describe('k9s on an embedded cluster', { skip: missing }, () => {
  let fleet: ClientFleet
  let terminal: ChildProcess
  const screen = new TerminalScreen(rows, columns)

  before(async () => {
    fleet = await startClientFleet({ pods: 'auto' })
    await fleet.run('kubectl', 'create deployment web --image=nginx --replicas=2')
    await fleet.run('kubectl', 'expose deployment web --port=80')
    await fleet.run('kubectl', 'rollout status deployment/web --timeout=60s')
    const command = `stty rows ${rows} cols ${columns}; exec ${k9s} --context one -n default -c deployments --headless --logoless`
    const env = {
      PATH: process.env['PATH'] ?? '',
      HOME: fleet.folder,
      KUBECONFIG: fleet.kubeconfig,
      TERM: 'xterm-256color',
      LANG: 'C.UTF-8',
    }
    terminal = spawn('script', ['-qfc', command, '/dev/null'], { env, cwd: fleet.folder, stdio: ['pipe', 'pipe', 'ignore'] })
    terminal.stdout?.setEncoding('utf8').on('data', (text: string) => screen.write(text))
  })
  after(async () => {
    terminal?.kill('SIGKILL')
    await fleet.stop()
  })

  const type = (text: string) => terminal.stdin?.write(text)
  async function shows(wanted: RegExp): Promise<void> {
    const end = Date.now() + 20_000
    while (!wanted.test(screen.text)) {
      if (Date.now() > end) assert.fail(`${wanted} never came:\n${screen.text}`)
      await new Promise((done) => setTimeout(done, 100))
    }
  }
  const view = async (name: string, wanted: RegExp) => {
    type(`:${name}\r`)
    await shows(wanted)
  }

  test('deployments, and what happens to them', async () => {
    await shows(/deployments\(default\)\[1\][\s\S]*web +2\/2 +2 +2/)
    await fleet.run('kubectl', 'scale deployment/web --replicas=3')
    await shows(/web +3\/3 +3 +3/)
  })

  test('pods, description, manifest, logs, a shell', async () => {
    await view('pods', /pods\(default\)\[3\][\s\S]*web-\S+ +\S* *1\/1 +Running +0/)
    type('d')
    await shows(/Describe\(default\/web-[\s\S]*Controlled By: +ReplicaSet\/web-[\s\S]*Image: +nginx/)
    type('\u001b')
    await shows(/pods\(default\)\[3\]/)
    type('y')
    await shows(/YAML\(default\/web-[\s\S]*kind: Pod[\s\S]*generateName: web-/)
    type('\u001b')
    await shows(/pods\(default\)\[3\]/)
    type('l')
    await shows(/Logs\(default\/web-\S+nginx\)/)
    type('\u001b')
    await shows(/pods\(default\)\[3\]/)
    type('s')
    await shows(/K9s-Shell[\s\S]*\/ #$/m)
    type('echo $((6*7))-from-the-shell; exit\r')
    await shows(/42-from-the-shell|pods\(default\)\[3\]/)
    await shows(/pods\(default\)\[3\]/)
    assert.doesNotMatch(screen.text, /not found/)
  })

  test('nodes, services, events, custom resources, a tree', async () => {
    await view('nodes', /nodes\(all\)\[3\][\s\S]*node-1 +Ready[\s\S]*v1\.33/)
    await view('services', /services\(default\)\[2\][\s\S]*web +ClusterIP/)
    await view('events', /events\(default\)\[\d+\][\s\S]*ScalingReplicaSet +deployment\/web/)
    await view('crds', /customresourcedefinitions\(all\)\[\d+\][\s\S]*serviceexports +multicluster\.x-k8s\.io +ServiceExport/)
    await view('xray deployments default', /web\(1\) \[3\/3\/0\][\s\S]*web-\S+\(2\) \[1\/1\]/)
  })

  test('a pod is deleted', async () => {
    await view('pods', /pods\(default\)\[3\]/)
    const names = () => fleet.run('kubectl', 'get pods -o name').then(({ stdout }) => stdout)
    const before = await names()
    // Kill, without a question.
    type('\u000b')
    const end = Date.now() + 20_000
    while ((await names()) === before) {
      assert.ok(Date.now() < end, screen.text)
      await new Promise((done) => setTimeout(done, 200))
    }
    await fleet.run('kubectl', 'rollout status deployment/web --timeout=60s')
    await shows(/(?: web-.* 1\/1 +Running +0[\s\S]*){3}/)
  })
})
