import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createMemberFixture, type Loose, type MemberFixture } from '../member-fixture.js'

let fixture: MemberFixture
before(async () => {
  fixture = await createMemberFixture({ events: 'all' })
})
after(() => {
  fixture.stop()
  assert.deepEqual(fixture.warnings, [])
})

const claimOf = (name: string, spec: object = {}) => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...spec },
})
const volumeOf = (name: string, storage: string, spec: object = {}, labels: Record<string, string> = {}) => ({
  apiVersion: 'v1',
  kind: 'PersistentVolume',
  metadata: { name, labels },
  spec: {
    capacity: { storage },
    accessModes: ['ReadWriteOnce'],
    storageClassName: 'manual',
    hostPath: { path: `/data/${name}` },
    ...spec,
  },
})
const podOf = (name: string, claim: string, spec: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  spec: {
    containers: [{ name: 'c', image: 'x:1' }],
    volumes: [{ name: 'data', persistentVolumeClaim: { claimName: claim } }],
    ...spec,
  },
})
const claim = (name: string) => fixture.peek('persistentvolumeclaims', `default/${name}`) as Loose
const volume = (name: string | undefined) => fixture.peek('persistentvolumes', name ?? '')
const phases = (name: string) => [claim(name).status?.['phase'], volume(claim(name).spec['volumeName'])?.status['phase']]
const eventsOf = (name: string) =>
  (fixture.all('events') as unknown as { involvedObject: { name: string }; type: string; reason: string; message: string }[])
    .filter(({ involvedObject }) => involvedObject.name === name)
    .map(({ type, reason, message }) => `${type} ${reason}: ${message}`)

test('a claim without a class gets a new volume of the default class, which goes with it', async () => {
  await fixture.apply(claimOf('first'), podOf('user', 'first'))
  await fixture.settle(5)
  const name = `pvc-${claim('first').metadata.uid}`
  assert.deepEqual(
    [claim('first').spec['storageClassName'], claim('first').spec['volumeName'], ...phases('first')],
    ['standard', name, 'Bound', 'Bound'],
  )
  assert.deepEqual(claim('first').status['capacity'], { storage: '1Gi' })
  assert.equal(claim('first').metadata.annotations?.['pv.kubernetes.io/bind-completed'], 'yes')
  assert.deepEqual(volume(name)?.metadata.finalizers, ['kubernetes.io/pv-protection'])
  assert.deepEqual(
    eventsOf('first').map((line) => line.split(':')[0]),
    ['Normal ExternalProvisioning', 'Normal Provisioning', 'Normal ProvisioningSucceeded'],
  )
  assert.equal(fixture.peek('pods', 'default/user')?.status['phase'], 'Running')
  await fixture.remove('persistentvolumeclaims', 'default/first')
  await fixture.settle(5)
  assert.ok(claim('first'), 'the pod still uses it')
  await fixture.remove('pods', 'default/user')
  await fixture.settle(5)
  assert.deepEqual([claim('first'), volume(name)], [undefined, undefined])
})

test('a claim grows, and its volume with it', async () => {
  await fixture.apply(claimOf('grows'))
  await fixture.settle()
  await fixture.apply(claimOf('grows', { resources: { requests: { storage: '3Gi' } } }))
  await fixture.settle()
  assert.deepEqual(claim('grows').status['capacity'], { storage: '3Gi' })
  assert.deepEqual(volume(claim('grows').spec['volumeName'])?.spec['capacity'], { storage: '3Gi' })
  assert.ok(eventsOf('grows').includes('Normal VolumeResizeSuccessful: Resize volume succeeded'))
})

test('volumes made by hand: the smallest that fits, by class, modes and labels; then kept', async () => {
  const manual = { storageClassName: 'manual' }
  await fixture.apply(
    volumeOf('big', '50Gi'),
    volumeOf('small', '1Mi'),
    volumeOf('middle', '5Gi'),
    volumeOf('fast', '9Gi', {}, { speed: 'fast' }),
    volumeOf('many', '2Gi', { accessModes: ['ReadWriteMany', 'ReadWriteOnce', 'ReadOnlyMany'] }),
  )
  await fixture.settle()
  assert.equal(volume('big')?.status['phase'], 'Available')
  await fixture.apply(claimOf('fits', manual))
  await fixture.apply(claimOf('picks', { ...manual, selector: { matchLabels: { speed: 'fast' } } }))
  await fixture.apply(claimOf('shared', { ...manual, accessModes: ['ReadWriteMany'] }))
  await fixture.apply(claimOf('huge', { ...manual, resources: { requests: { storage: '1Ti' } } }))
  await fixture.settle(3)
  assert.deepEqual(
    ['fits', 'picks', 'shared', 'huge'].map((name) => claim(name).spec['volumeName']),
    ['middle', 'fast', 'many', undefined],
  )
  assert.deepEqual(phases('fits'), ['Bound', 'Bound'])
  assert.equal(volume('middle')?.metadata.annotations?.['pv.kubernetes.io/bound-by-controller'], 'yes')
  assert.equal(claim('huge').status['phase'], 'Pending')
  assert.ok(eventsOf('huge').includes('Warning ProvisioningFailed: storageclass.storage.k8s.io "manual" not found'))
  // A volume that comes later is taken.
  await fixture.apply(volumeOf('later', '2Ti'))
  await fixture.settle(3)
  assert.equal(claim('huge').spec['volumeName'], 'later')
  await fixture.remove('persistentvolumeclaims', 'default/fits')
  await fixture.settle(3)
  assert.equal(volume('middle')?.status['phase'], 'Released')
})

test('a claim that names its volume, one that is too small, and one that loses it', async () => {
  const spec = { storageClassName: 'manual' }
  await fixture.apply(volumeOf('named', '2Gi'), claimOf('asks', { ...spec, volumeName: 'named' }))
  await fixture.apply(claimOf('late', { ...spec, volumeName: 'named' }))
  await fixture.apply(volumeOf('tiny', '1Mi'), claimOf('toobig', { ...spec, volumeName: 'tiny' }))
  await fixture.settle(3)
  assert.deepEqual(phases('asks'), ['Bound', 'Bound'])
  assert.equal(claim('late').status['phase'], 'Pending')
  assert.ok(eventsOf('late').includes('Warning FailedBinding: volume "named" already bound to a different claim.'))
  assert.ok(
    eventsOf('toobig').includes('Warning VolumeMismatch: Cannot bind to requested volume "tiny": requested PV is too small'),
  )
  const lost = volume('named') as Loose
  const volumes = fixture.cluster.api.catalogue().forName('persistentvolumes')
  assert.ok(volumes)
  await fixture.client.update(volumes, { ...lost, metadata: { ...lost.metadata, finalizers: [] } })
  await fixture.remove('persistentvolumes', 'named')
  await fixture.settle(3)
  assert.equal(claim('asks').status['phase'], 'Lost')
  assert.ok(
    eventsOf('asks').includes('Warning ClaimLost: Bound claim has lost its PersistentVolume. Data on the volume is lost!'),
  )
})

test('a class that waits for its consumer: the volume is on the node of the pod', async () => {
  await fixture.apply(claimOf('waits', { storageClassName: 'standard-wait' }))
  await fixture.settle(3)
  assert.equal(claim('waits').status['phase'], 'Pending')
  assert.deepEqual(eventsOf('waits'), ['Normal WaitForFirstConsumer: waiting for first consumer to be created before binding'])
  await fixture.apply(podOf('consumer', 'waits', { nodeSelector: { 'kubernetes.io/hostname': 'node-2' } }))
  await fixture.settle(5)
  assert.deepEqual(phases('waits'), ['Bound', 'Bound'])
  assert.deepEqual(volume(claim('waits').spec['volumeName'])?.spec['nodeAffinity'], {
    required: {
      nodeSelectorTerms: [{ matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: ['node-2'] }] }],
    },
  })
  // Another pod of the claim can only go there.
  await fixture.apply(podOf('other', 'waits', { nodeSelector: { 'kubernetes.io/hostname': 'node-1' } }))
  await fixture.settle(5)
  assert.equal(fixture.peek('pods', 'default/other')?.spec['nodeName'], undefined)
})

test('pods wait for claims that are to be bound at once, and say so', async () => {
  await fixture.apply(claimOf('open', { storageClassName: 'elsewhere' }), podOf('waiting', 'open'))
  await fixture.settle(3)
  const conditions = (name: string) =>
    (fixture.peek('pods', `default/${name}`)?.status['conditions'] ?? []) as { message: string }[]
  assert.match(
    conditions('waiting')[0]?.message ?? '',
    /^0\/3 nodes are available: pod has unbound immediate PersistentVolumeClaims\. /,
  )
  await fixture.apply(volumeOf('found', '4Gi', { storageClassName: 'elsewhere' }))
  await fixture.settle(15)
  assert.equal(fixture.peek('pods', 'default/waiting')?.status['phase'], 'Running')
})

test('classes of other provisioners say whom they wait for; reclaim by policy', async () => {
  await fixture.apply({
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name: 'foreign' },
    provisioner: 'csi.example.com',
  })
  await fixture.apply(claimOf('foreign', { storageClassName: 'foreign' }))
  await fixture.apply(volumeOf('nodeleter', '1Gi', { storageClassName: 'd', persistentVolumeReclaimPolicy: 'Delete' }))
  await fixture.apply(claimOf('deletes', { storageClassName: 'd' }))
  await fixture.settle(3)
  assert.ok(
    eventsOf('foreign')[0]?.startsWith(
      "Normal ExternalProvisioning: Waiting for a volume to be created either by the external provisioner 'csi.example.com'",
    ),
  )
  assert.equal(claim('foreign').metadata.annotations?.['volume.kubernetes.io/storage-provisioner'], 'csi.example.com')
  await fixture.remove('persistentvolumeclaims', 'default/deletes')
  await fixture.settle(3)
  assert.equal(volume('nodeleter')?.status['phase'], 'Failed')
  assert.equal(
    volume('nodeleter')?.status['message'],
    'host_path deleter only supports /tmp/.+ but received provided /data/nodeleter',
  )
})
