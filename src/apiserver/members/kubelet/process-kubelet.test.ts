import assert from 'node:assert/strict'
import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { createBootstrapLayer } from '../../logical/bootstrap-layer.js'
import { createMemoryStorage } from '../../storage/memory-storage.js'
import type { Loose } from '../member-fixture.js'
import {
  type ContainerStatus,
  endProcessBench,
  inSteps,
  podOf,
  type Status,
  startProcessBench as start,
} from './process-pod-fixture.js'

const condition = (status: Status, type: string) => status.conditions.find((each) => each.type === type)

test('a pod of known images is a process with an address of its own, and goes with its deletion', async () => {
  const { member, launcher, pod, reasons, directory } = await start()
  await member.apply(podOf({ containers: [{ name: 'c', image: 'nginx:1.28', ports: [{ containerPort: 80 }] }] }))
  await member.settle(2)
  assert.equal(pod().phase, 'Running')
  assert.equal(pod().podIP, '127.9.16.1')
  assert.equal(condition(pod(), 'Ready')?.status, 'True')
  assert.deepEqual(
    pod().containerStatuses.map(({ ready, started, restartCount }) => ({ ready, started, restartCount })),
    [{ ready: true, started: true, restartCount: 0 }],
  )
  assert.deepEqual(reasons(), [
    'Pulled: Container image "nginx:1.28" already present on machine',
    'Created: Created container: c',
    'Started: Started container c',
  ])
  assert.equal(member.peek('pods', 'default/p')?.metadata.annotations?.['network.flotilla.dev/bound-ports'], '{"80":10080}')
  const { uid = '' } = member.peek('pods', 'default/p')!.metadata
  assert.ok(existsSync(join(directory, 'pods', 'm1', uid)))
  await member.remove('pods', 'default/p')
  await member.settle(2)
  assert.deepEqual(launcher.last('c').signals, ['SIGTERM'])
  assert.equal(member.peek('pods', 'default/p'), undefined)
  await member.settle(2)
  assert.ok(!existsSync(join(directory, 'pods', 'm1', uid)))
  assert.deepEqual(member.warnings, [])
})

test('images that nothing stands for, pods that ask for it, and pods beyond the cap are simulated; others are left alone', async () => {
  const { member, launcher, pod, reasons } = await start({ mostProcesses: 1, rules: [{ match: 'outside', run: 'none' }] })
  await member.apply(podOf({ containers: [{ name: 'c', image: 'acme/api:1' }] }, { name: 'unknown' }))
  await member.apply(podOf({}, { name: 'asked', annotations: { 'simulation.flotilla.dev/outcome': 'unready' } }))
  await member.apply(podOf({ containers: [{ name: 'c', image: 'outside' }] }, { name: 'outside' }))
  await member.apply(podOf({}, { name: 'first' }))
  await member.settle(2)
  await member.apply(podOf({}, { name: 'second' }))
  await member.settle(2)
  assert.equal(launcher.containers.length, 1)
  assert.match(pod('unknown').podIP, /^10\.244\./)
  assert.match(pod('second').podIP, /^10\.244\./)
  assert.equal(pod('outside').phase, 'Pending')
  assert.equal(pod('first').podIP, '127.9.16.1')
  assert.ok(reasons().some((text) => text.startsWith('Simulated: The fleet runs 1 of at most 1 processes')))
})

test('a crash is held back for 10 s, 20 s, 40 s; the log of the run before stays', async () => {
  const { member, launcher, pod, pods } = await start()
  await member.apply(podOf({}))
  await member.settle(2)
  launcher.last('c').stdout.write('first\n')
  await member.settle(0)
  launcher.last('c').end(3)
  await member.settle(1)
  assert.equal(launcher.containers.length, 2, 'the first restart is at once')
  assert.equal(pod().containerStatuses[0]?.lastState.terminated?.exitCode, 3)
  const object = member.peek('pods', 'default/p') as Loose
  const options = { container: 'c', follow: false, previous: true, timestamps: false, stream: 'All' as const }
  const chunks: Buffer[] = []
  for await (const chunk of await pods.log('m1', object, options)) chunks.push(chunk)
  assert.equal(Buffer.concat(chunks).toString(), 'first\n')
  for (const [index, seconds] of [10, 20, 40].entries()) {
    launcher.last('c').end(1)
    await member.settle(seconds - 1)
    const status = pod().containerStatuses[0]
    assert.equal(status?.state.waiting?.reason, 'CrashLoopBackOff')
    assert.match(
      status?.state.waiting?.message ?? '',
      new RegExp(`^back-off ${seconds}s restarting failed container=c pod=p_default\\(`),
    )
    assert.equal(condition(pod(), 'Ready')?.message, 'containers with unready status: [c]')
    assert.equal(pod().phase, 'Running')
    await member.settle(2)
    assert.equal(launcher.containers.length, index + 3)
    assert.equal(pod().containerStatuses[0]?.restartCount, index + 2)
  }
})

/** Lets commands in containers, which take turns of the event loop and no time, end before the clock goes on. */
test('restart policies: Never fails, OnFailure goes on until it succeeds', async () => {
  const { member, launcher, pod } = await start()
  await member.apply(podOf({ restartPolicy: 'Never' }, { name: 'never' }))
  await member.settle(2)
  launcher.last('c').end(2)
  await member.settle(1)
  assert.equal(pod('never').phase, 'Failed')
  assert.deepEqual(pod('never').containerStatuses[0]?.state.terminated?.reason, 'Error')
  assert.equal(condition(pod('never'), 'Ready')?.reason, 'PodFailed')
  await member.apply(podOf({ restartPolicy: 'OnFailure' }, { name: 'retry' }))
  await member.settle(2)
  launcher.last('c').end(1)
  await member.settle(1)
  assert.equal(pod('retry').phase, 'Running')
  launcher.last('c').end(0)
  await member.settle(1)
  assert.equal(pod('retry').phase, 'Succeeded')
  assert.equal(condition(pod('retry'), 'Ready')?.reason, 'PodCompleted')
  assert.equal(pod('retry').containerStatuses[0]?.state.terminated?.reason, 'Completed')
})

test('init containers run in order, sidecars stay and go last', async () => {
  const { member, launcher, pod } = await start()
  await member.apply(
    podOf({
      restartPolicy: 'Never',
      initContainers: [
        { name: 'one', image: 'busybox' },
        {
          name: 'side',
          image: 'busybox',
          restartPolicy: 'Always',
          startupProbe: { exec: { command: ['ok'] }, periodSeconds: 5 },
        },
        { name: 'two', image: 'busybox' },
      ],
    }),
  )
  await member.settle(2)
  const names = () => launcher.containers.map(({ name }) => name)
  assert.deepEqual(names(), ['one'])
  assert.equal(pod().phase, 'Pending')
  assert.equal(pod().containerStatuses[0]?.state.waiting?.reason, 'PodInitializing')
  assert.equal(condition(pod(), 'Initialized')?.message, 'containers with incomplete status: [one side two]')
  launcher.execCode = 1
  launcher.last('one').end(0)
  await member.settle(2)
  assert.deepEqual(names(), ['one', 'side'], 'waits for the startup probe')
  launcher.execCode = 0
  await member.settle(6)
  assert.deepEqual(names(), ['one', 'side', 'two'])
  launcher.last('two').end(0)
  await member.settle(2)
  assert.deepEqual(names(), ['one', 'side', 'two', 'c'])
  assert.equal(pod().phase, 'Running')
  launcher.last('c').end(0)
  await member.settle(2)
  assert.deepEqual(launcher.last('side').signals, ['SIGTERM'])
  assert.equal(pod().phase, 'Succeeded')
})

test('probes: readiness opens and closes, liveness restarts, and Events say why', async () => {
  const { member, launcher, pod, reasons } = await start()
  const probe = { exec: { command: ['check'] }, periodSeconds: 5, failureThreshold: 2 }
  await member.apply(
    podOf({
      containers: [
        {
          name: 'c',
          image: 'busybox',
          readinessProbe: probe,
          livenessProbe: { ...probe, exec: { command: ['alive'] }, initialDelaySeconds: 20 },
        },
      ],
    }),
  )
  await member.settle(2)
  assert.equal(pod().containerStatuses[0]?.ready, true)
  launcher.execCode = 1
  await inSteps(member, 11)
  assert.equal(pod().containerStatuses[0]?.ready, false)
  assert.equal(pod().containerStatuses[0]?.started, true)
  await inSteps(member, 15)
  assert.deepEqual(launcher.containers[0]?.signals, ['SIGTERM'])
  assert.equal(pod().containerStatuses[0]?.restartCount, 1)
  assert.ok(reasons().includes('Killing: Container c failed liveness probe, will be restarted'))
  assert.ok(reasons().includes('Unhealthy: Readiness probe failed: output of check'))
})

test('preStop, TERM, and KILL when the grace period is over', async () => {
  const { member, launcher } = await start()
  launcher.obedient = false
  const lifecycle = { preStop: { exec: { command: ['bye'] } } }
  await member.apply(podOf({ terminationGracePeriodSeconds: 8, containers: [{ name: 'c', image: 'busybox', lifecycle }] }))
  await member.settle(2)
  await member.remove('pods', 'default/p')
  await member.settle(7)
  assert.deepEqual(launcher.last('c').commands, [['bye']])
  assert.deepEqual(launcher.last('c').signals, ['SIGTERM'])
  assert.ok(member.peek('pods', 'default/p'))
  await member.settle(3)
  assert.deepEqual(launcher.last('c').signals, ['SIGTERM', 'SIGKILL'])
  assert.equal(member.peek('pods', 'default/p'), undefined)
})

test('a pod that is active for too long fails', async () => {
  const { member, launcher, pod } = await start()
  await member.apply(podOf({ activeDeadlineSeconds: 5 }))
  await member.settle(4)
  assert.equal(pod().phase, 'Running')
  await member.settle(3)
  assert.deepEqual(launcher.last('c').signals, ['SIGTERM'])
  assert.equal(pod().phase, 'Failed')
  assert.equal(pod().reason, 'DeadlineExceeded')
})

test('variables and volumes come from the objects that they name, and wait for them', async () => {
  const { member, launcher, pod, reasons } = await start()
  const containers = [
    {
      name: 'c',
      image: 'busybox',
      command: ['run', '$(MODE)'],
      env: [
        { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
        { name: 'MODE', valueFrom: { configMapKeyRef: { name: 'settings', key: 'mode' } } },
        { name: 'BOTH', value: '$(IP)/$(MODE)/$$(MODE)/$(NONE)' },
      ],
      volumeMounts: [
        { name: 'files', mountPath: '/etc/files' },
        { name: 'scratch', mountPath: '/scratch' },
      ],
    },
  ]
  const volumes = [
    { name: 'files', configMap: { name: 'files', items: [{ key: 'a', path: 'sub/a.txt', mode: 0o600 }] } },
    { name: 'scratch', emptyDir: {} },
  ]
  await member.apply(podOf({ containers, volumes }))
  await member.settle(2)
  assert.equal(pod().phase, 'Pending')
  assert.equal(pod().containerStatuses[0]?.state.waiting?.reason, 'ContainerCreating')
  assert.ok(reasons().includes('FailedMount: MountVolume.SetUp failed for volume "files" : configmap "files" not found'))
  const map = (name: string, data: Record<string, string>) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data })
  await member.apply(map('files', { a: 'one' }))
  await member.settle(3)
  assert.deepEqual(pod().containerStatuses[0]?.state.waiting, {
    reason: 'CreateContainerConfigError',
    message: 'configmap "settings" not found',
  })
  await member.apply(map('settings', { mode: 'fast' }))
  await member.settle(12)
  const { wish } = launcher.last('c')
  assert.ok(wish.kind === 'built-in')
  assert.deepEqual(wish.spec.command, ['run', 'fast'])
  assert.equal(wish.spec.env['BOTH'], '127.9.16.1/fast/$(MODE)/$(NONE)')
  assert.equal(wish.spec.env['HOSTNAME'], 'p')
  assert.ok(wish.spec.env['KUBERNETES_SERVICE_HOST'])
  const mount = wish.spec.mounts.find((each) => each.path === '/etc/files')
  assert.ok(mount?.readOnly)
  const file = join(mount.directory, 'sub', 'a.txt')
  assert.equal(readFileSync(file, 'utf8'), 'one')
  await member.apply(map('files', { a: 'two' }))
  await member.settle(1)
  assert.equal(readFileSync(file, 'utf8'), 'two', 'a change arrives without a restart')
  assert.equal(launcher.containers.length, 1)
})

test('after a restart of the fleet counts and addresses go on, and what ran has ended', async () => {
  const storage = createMemoryStorage({ base: createBootstrapLayer(1_767_225_600_000), freeze: true })
  const first = await start({ storage })
  await first.member.apply(podOf({}, { name: 'always' }))
  await first.member.settle(2)
  first.launcher.last('c').end(1)
  await first.member.apply(podOf({ restartPolicy: 'Never' }, { name: 'never' }))
  await first.member.settle(2)
  assert.equal(first.pod('always').containerStatuses[0]?.restartCount, 1)
  const address = first.pod('always').podIP
  await endProcessBench(first)

  const second = await start({ storage })
  await second.member.settle(2)
  const status = second.pod('always').containerStatuses[0]
  assert.equal(status?.restartCount, 2)
  assert.equal(status?.lastState.terminated?.reason, 'Unknown')
  assert.equal(status?.lastState.terminated?.exitCode, 255)
  assert.equal(second.pod('always').podIP, address)
  assert.equal(second.pod('always').phase, 'Running')
  assert.equal(second.pod('never').phase, 'Failed')
  assert.equal(second.launcher.containers.length, 1)
})

test('claims keep their files, sub-paths stay inside, ephemeral containers join', async () => {
  const { member, launcher, pod, directory } = await start()
  const mounts = [{ name: 'data', mountPath: '/data', subPath: 'in/side' }]
  const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: 'claim' } }]
  await member.apply({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'claim' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  })
  await member.settle(2)
  await member.apply(podOf({ containers: [{ name: 'c', image: 'busybox', volumeMounts: mounts }], volumes }))
  await member.settle(5)
  const { wish } = launcher.last('c')
  assert.ok(wish.kind === 'built-in')
  assert.deepEqual(wish.spec.mounts, [
    { path: '/data', directory: join(directory, 'volumes', 'm1', 'claim', 'in', 'side'), readOnly: false },
  ])
  const type = member.cluster.api.catalogue().forName('pods')!
  const ephemeralContainers = [{ name: 'debug', image: 'busybox', command: ['sh'] }]
  await member.client.patch(
    { type, namespace: 'default', name: 'p', subresource: 'ephemeralcontainers' },
    { kind: 'strategic', body: { spec: { ephemeralContainers } } },
  )
  await member.settle(2)
  assert.equal(launcher.last('debug').wish.kind, 'built-in')
  launcher.last('debug').end(0)
  await member.settle(2)
  assert.equal(pod().phase, 'Running')
  const statuses = (pod() as unknown as { ephemeralContainerStatuses: ContainerStatus[] }).ephemeralContainerStatuses
  assert.equal(statuses[0]?.state.terminated?.exitCode, 0)
  await member.remove('pods', 'default/p')
  await member.settle(3)
  assert.ok(existsSync(join(directory, 'volumes', 'm1', 'claim')))
  await member.remove('pvc', 'default/claim')
  await member.settle(3)
  const files = join(directory, 'volumes', 'm1', 'claim')
  for (let tries = 0; existsSync(files) && tries < 200; tries++) await new Promise((resolve) => setTimeout(resolve, 10))
  assert.ok(!existsSync(files), 'its files go with it')
})

test('hostPath is a directory of the node, which its pods share, and never one of this machine', async () => {
  const { member, launcher, reasons, directory } = await start()
  const containers = [{ name: 'c', image: 'busybox', volumeMounts: [{ name: 'host', mountPath: '/host' }] }]
  const pod = (name: string, hostPath: object) =>
    podOf({ containers, nodeName: 'node-1', volumes: [{ name: 'host', hostPath }] }, { name })
  await member.apply(pod('root', { path: '/' }))
  await member.apply(pod('up', { path: '/var/lib/app' }))
  await member.apply(pod('none', { path: '/none', type: 'Directory' }))
  await member.apply(pod('socket', { path: '/run/containerd.sock', type: 'Socket' }))
  await member.settle(3)
  const node = realpathSync(join(directory, 'pods', '.nodes', 'm1', 'node-1'))
  const mounted = launcher.containers.flatMap(({ wish }) =>
    wish.kind === 'built-in' ? wish.spec.mounts.map((mount) => mount.directory) : [],
  )
  assert.deepEqual(mounted.sort(), [node, join(node, 'var/lib/app')])
  assert.equal(readFileSync(join(node, 'etc/hostname'), 'utf8'), 'node-1\n')
  for (const text of ['/none is not a directory', '/run/containerd.sock is not a socket file'])
    assert.ok(
      reasons().some((reason) => reason.includes(`hostPath type check failed: ${text}`)),
      text,
    )
})

test('simulated pods have the log that their annotation says, and no containers to reach', async () => {
  const { member, pods } = await start()
  await member.apply(
    podOf({ containers: [{ name: 'c', image: 'acme' }] }, { annotations: { 'simulation.flotilla.dev/log': 'a\nb\n' } }),
  )
  await member.settle(2)
  const pod = member.peek('pods', 'default/p') as Loose
  const options = { container: 'c', follow: false, previous: false, timestamps: false, tailLines: 1, stream: 'All' as const }
  const chunks: Buffer[] = []
  for await (const chunk of await pods.log('m1', pod, options)) chunks.push(chunk)
  assert.equal(Buffer.concat(chunks).toString(), 'b\n')
  const exec = { container: 'c', command: ['ls'], stdin: false, stdout: true, stderr: true, tty: false }
  await assert.rejects(pods.exec('m1', pod, exec), { code: 'bad-request', message: /pod "p" is simulated/ })
  await assert.rejects(pods.connect('m1', pod, 80), { code: 'bad-request' })
})

test('a node without power ends its processes; they start again with it, at their addresses', async () => {
  const { member, launcher, pod, pods } = await start()
  await member.apply(podOf({}))
  await member.settle(2)
  const node = String((member.peek('pods', 'default/p') as Loose)['spec'].nodeName)
  const address = pod().podIP
  const nodes = member.cluster.api.catalogue().forName('nodes')!
  const power = (state: string | null) =>
    member.client.patch(
      { type: nodes, name: node },
      { kind: 'merge', body: { metadata: { annotations: { 'chaos.flotilla.dev/state': state } } } },
    )
  await power('stopped')
  await member.settle(2)
  assert.deepEqual(launcher.last('c').signals, ['SIGKILL'], 'no grace: the machine is gone')
  assert.equal(pod().phase, 'Running', 'nobody there says what has become of it')
  const object = member.peek('pods', 'default/p') as Loose
  const exec = { container: 'c', command: ['date'], stdin: false, stdout: true, stderr: true, tty: false }
  await assert.rejects(pods.exec('m1', object, exec), { message: /error dialing backend: dial tcp .*:10250: connect: no route/ })
  await inSteps(member, 45)
  assert.equal(condition(pod(), 'Ready')?.status, 'False')
  assert.equal(launcher.containers.length, 1)
  await power(null)
  await member.settle(3)
  assert.equal(launcher.containers.length, 2)
  assert.equal(pod().podIP, address)
  assert.equal(condition(pod(), 'Ready')?.status, 'True')
  assert.deepEqual(
    pod().containerStatuses.map(({ restartCount, lastState }) => [restartCount, lastState.terminated?.exitCode]),
    [[1, 255]],
  )
  // A pod that was deleted meanwhile is confirmed once somebody is there to do it.
  await power('crashed')
  await member.settle(1)
  const type = member.cluster.api.catalogue().forName('pods')!
  await member.client.delete({ type, namespace: 'default', name: 'p' })
  await member.settle(5)
  assert.ok(member.peek('pods', 'default/p')?.metadata.deletionTimestamp)
  await power(null)
  await member.settle(3)
  assert.equal(member.peek('pods', 'default/p'), undefined)
  assert.equal(launcher.containers.length, 2)
  assert.deepEqual(member.warnings, [])
})
