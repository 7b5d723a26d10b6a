import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync } from 'node:fs'
import { get } from 'node:http'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { findPeer } from '../../support/peers/real-apiserver.js'
import { type ClientFleet, startClientFleet } from '../../support/worlds/client-fleet.js'
import * as commands from './kubectl-commands.js'

/** The kubectl on PATH, and the oldest and the newest that Flotilla is made for. */
for (const name of ['kubectl', 'kubectl-1.29', 'kubectl-1.37'] as const) {
  const peer = name === 'kubectl' ? findOnPath() : findPeer(name)
  describe(`${name} against an embedded cluster`, { skip: 'reason' in peer ? peer.reason : false }, () => {
    const path = 'path' in peer ? peer.path : ''
    let fleet: ClientFleet
    let minor: number
    const env = { KUBE_EDITOR: './editor.sh', KUBECTL_APPLYSET: 'true' }

    before(async () => {
      fleet = await startClientFleet({ pods: 'auto' })
      const files = Object.entries(commands.manifests).map(([file, text]) => fleet.write(file, text))
      chmodSync(files.at(-1)!, 0o700)
      const version = JSON.parse((await fleet.run(path, 'version --client -o json')).stdout)
      minor = Number.parseInt(version.clientVersion.minor, 10)
    })
    after(() => fleet.stop())

    const groups: Record<string, readonly commands.Step[]> = {
      'create, run, expose, autoscale': commands.creating,
      wait: commands.waiting,
      'get, events': commands.getting,
      describe: commands.describing,
      'apply, diff, replace, edit, kustomize': commands.applying,
      'label, annotate, patch, scale, set, rollout': commands.changing,
      'discovery, explain, auth, completion': commands.asking,
      'custom resources': commands.customResources,
      'exec, logs, cp, proxy, debug, run': commands.reaching,
      'cordon, taint, drain': commands.draining,
    }
    for (const [title, steps] of Object.entries(groups)) {
      test(title, () => runAll(steps))
    }

    /** All steps run; those that went wrong are told together. */
    async function runAll(steps: readonly commands.Step[]): Promise<void> {
      const wrong: string[] = []
      for (const step of steps) {
        if (minor < (step.since ?? 0)) continue
        const { run, says, fails, input } = step
        try {
          const end = Date.now() + (step.soon ? 60_000 : 0)
          for (;;) {
            const ran = await fleet.run(path, run, { env, ...(fails && { fails }), ...(input && { input }) })
            const texts = [ran.stdout, ran.stderr, ran.stderr + ran.stdout]
            if (!says || texts.some((text) => says.test(text))) break
            if (Date.now() < end) continue
            wrong.push(`${run}\n  does not say ${says}:\n${texts[2]}`)
            break
          }
        } catch (error) {
          wrong.push(String(error))
        }
      }
      assert.equal(wrong.length, 0, wrong.join('\n\n'))
    }

    test('port-forward, proxy, attach, logs --follow, get --watch-only', async () => {
      const forward = fleet.start(path, 'port-forward svc/web :80')
      await forward.saw(/127\.0\.0\.1:(\d+) -> 80/)
      const port = /127\.0\.0\.1:(\d+)/.exec(forward.text())![1]
      assert.match(await fetchText(`http://127.0.0.1:${port}/`), /nginx/)
      await forward.stop()

      const proxy = fleet.start(path, 'proxy --port=0')
      await proxy.saw(/Starting to serve on 127\.0\.0\.1:\d+/)
      const base = `http://${/on (\S+)/.exec(proxy.text())![1]}`
      assert.match(await fetchText(`${base}/api/v1/namespaces/work/pods/box`), /"name": ?"box"/)
      await proxy.stop()

      await fleet.run(path, [
        'run',
        'ticks',
        '--image=busybox',
        '--command',
        '--',
        'sh',
        '-c',
        'while true; do echo tick; sleep 1; done',
      ])
      await fleet.run(path, 'wait --for=condition=Ready pod/ticks --timeout=60s')
      const attached = fleet.start(path, 'attach ticks')
      await attached.saw('tick')
      await attached.stop()
      const followed = fleet.start(path, 'logs -f ticks --tail=1')
      await followed.saw(/tick\ntick/)
      const watch = fleet.start(path, 'get pods --watch-only --output-watch-events')
      // It is there when it tells of a change: only then is there a deletion to be told.
      for (let turn = 0; turn < 60 && !/MODIFIED +ticks/.test(watch.text()); turn++) {
        await fleet.run(path, `annotate pod ticks turn=${turn} --overwrite`)
        await new Promise((done) => setTimeout(done, 300))
      }
      await fleet.run(path, 'delete pod ticks --now')
      await watch.saw(/DELETED +ticks/)
      await watch.stop()
      await followed.stop()
    })

    test('certificate approve and deny', async () => {
      execFileSync('openssl', 'req -new -newkey rsa:2048 -nodes -keyout k.key -subj /O=devs/CN=jane -out j.csr'.split(' '), {
        cwd: fleet.folder,
        stdio: 'ignore',
      })
      const request = execFileSync('base64', ['-w0', join(fleet.folder, 'j.csr')], { encoding: 'utf8' })
      for (const who of ['jane', 'john']) {
        const text = `apiVersion: certificates.k8s.io/v1\nkind: CertificateSigningRequest\nmetadata: {name: ${who}}\nspec: {request: ${request}, signerName: kubernetes.io/kube-apiserver-client, usages: [client auth]}\n`
        await fleet.run(path, 'apply -f -', { input: text })
      }
      await runAll([
        { run: 'get csr', says: /flotilla-admin +<none> +Pending/ },
        { run: 'certificate approve jane', says: /approved/ },
        { run: 'certificate deny john', says: /denied/ },
        { run: 'get csr', says: /jane.*Approved,Issued[\s\S]*john.*Denied/, soon: true },
        { run: 'describe csr jane', says: /Common Name: +jane/ },
        { run: 'certificate approve john', says: /both Approved and Denied|may not both|Denied/, fails: true },
        { run: 'delete csr --all', says: /deleted/ },
      ])
    })

    test('top', async () => {
      // Metrics of a pod are there after its first 15 s.
      const end = Date.now() + 60_000
      while (
        Date.now() < end &&
        !(await fleet.run(path, 'top pods --no-headers').catch(() => undefined))?.stdout.includes('web')
      ) {
        await new Promise((done) => setTimeout(done, 1000))
      }
      await runAll(commands.measuring)
    })

    test('delete', () => runAll(commands.deleting))
  })
}

function findOnPath(): { path: string } | { reason: string } {
  try {
    execFileSync('kubectl', ['version', '--client'], { stdio: 'ignore' })
    return { path: 'kubectl' }
  } catch {
    return { reason: 'kubectl is not installed' }
  }
}

function fetchText(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get(url, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
      })
      response.on('end', () => resolve(text))
    }).on('error', reject)
  })
}
