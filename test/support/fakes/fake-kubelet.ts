import type { ControlledCluster, Fields } from '../peers/controller-peers.js'

const merge = 'application/merge-patch+json'

/**
 * The kubelets of a cluster that has none: registers nodes as the embedded cluster has them, and brings what is bound to them to
 * the state that the simulated kubelet would. Looks often, by lists.
 */
export async function startFakeKubelet(cluster: ControlledCluster, nodes: number): Promise<{ stop(): void }> {
  const names = Array.from({ length: nodes }, (_, index) => `node-${index + 1}`)
  for (const name of names) {
    const zone = `member-${'abc'[names.indexOf(name) % 3]}`
    const labels = {
      'kubernetes.io/hostname': name,
      'kubernetes.io/os': 'linux',
      'kubernetes.io/arch': 'amd64',
      'topology.kubernetes.io/region': 'member',
      'topology.kubernetes.io/zone': zone,
    }
    await cluster.request('POST', '/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name, labels } })
  }
  let stopped = false
  let address = 1
  const starts = new Map<string, number>()
  const beat = async () => {
    const now = new Date().toISOString().replace(/\.\d+Z/, 'Z')
    const amounts = { cpu: '16', memory: '64Gi', pods: '1000' }
    const ready = { type: 'Ready', status: 'True', reason: 'KubeletReady', lastHeartbeatTime: now, lastTransitionTime: now }
    for (const name of names) {
      const status = { conditions: [ready], capacity: amounts, allocatable: amounts }
      await cluster.request('PATCH', `/api/v1/nodes/${name}/status`, { status }, merge)
    }
  }
  const settle = async (pod: Fields) => {
    const { metadata, spec, status } = pod
    const path = `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}`
    if (metadata.deletionTimestamp) {
      await cluster.request('DELETE', path, { kind: 'DeleteOptions', apiVersion: 'v1', gracePeriodSeconds: 0 })
      return
    }
    if (!spec.nodeName || status.phase === 'Succeeded' || status.phase === 'Failed') return
    const now = Date.now()
    if (!starts.has(metadata.uid)) starts.set(metadata.uid, now)
    const runsFor = metadata.annotations?.['simulation.flotilla.dev/run-for-seconds']
    const broken = spec.containers.some(({ image }: Fields) => image.endsWith(':broken'))
    const isJob = metadata.ownerReferences?.[0]?.kind === 'Job'
    const isOver = isJob && now - (starts.get(metadata.uid) as number) >= Number(runsFor ?? 0) * 1000
    const index = metadata.annotations?.['batch.kubernetes.io/job-completion-index']
    const failing = metadata.annotations?.['simulation.flotilla.dev/fail-indexes']?.split(',')
    const fails =
      metadata.annotations?.['simulation.flotilla.dev/outcome'] === 'fail' && (failing === undefined || failing.includes(index))
    const exitCode = fails ? Number(metadata.annotations?.['simulation.flotilla.dev/exit-code'] ?? 1) : 0
    const phase = broken ? 'Pending' : isOver ? (fails ? 'Failed' : 'Succeeded') : 'Running'
    if (phase === status.phase && status.podIP) return
    const at = new Date(now).toISOString().replace(/\.\d+Z/, 'Z')
    const isReady = phase === 'Running'
    const condition = (type: string, is: boolean) => ({ type, status: is ? 'True' : 'False', lastTransitionTime: at })
    const ip = status.podIP ?? `10.244.1.${address++}`
    const containerStatuses = spec.containers.map(({ name, image }: Fields) => ({
      name,
      image,
      imageID: '',
      ready: isReady,
      restartCount: 0,
      state: isReady
        ? { running: { startedAt: at } }
        : isOver
          ? { terminated: { exitCode, startedAt: at, finishedAt: at } }
          : { waiting: { reason: 'ImagePullBackOff' } },
    }))
    const kept = (status.conditions ?? []).filter(({ type }: Fields) => type === 'PodScheduled')
    const conditions = [
      ...kept,
      condition('Initialized', true),
      condition('Ready', isReady),
      condition('ContainersReady', isReady),
      condition('PodReadyToStartContainers', !isOver),
    ]
    const next = {
      phase,
      startTime: status.startTime ?? at,
      podIP: ip,
      podIPs: [{ ip }],
      hostIP: '10.0.0.1',
      containerStatuses,
      conditions,
    }
    await cluster.request('PATCH', `${path}/status`, { status: next }, merge)
  }
  await beat()
  const loop = async () => {
    let last = Date.now()
    while (!stopped) {
      const { body } = await cluster.request('GET', '/api/v1/pods').catch(() => ({ body: {} as Fields }))
      for (const pod of (body['items'] ?? []) as Fields[]) await settle(pod).catch(() => {})
      if (Date.now() - last > 10_000) {
        last = Date.now()
        await beat().catch(() => {})
      }
      await new Promise((done) => setTimeout(done, 100))
    }
  }
  void loop()
  return {
    stop() {
      stopped = true
    },
  }
}
