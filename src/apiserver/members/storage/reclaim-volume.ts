import type { Work } from '../contract.js'
import { annotations, localProvisioner, type Volume } from './storage-objects.js'

const component = 'persistentvolume-controller'

/** The claim of the volume is gone: the volume is released, and then deleted, made available again, or kept as it is. */
export async function reclaim(work: Work, volume: Volume): Promise<void> {
  const { phase } = volume.status ?? {}
  let released = volume
  if (phase !== 'Released' && phase !== 'Failed') {
    released = await work.write.status(volume, { ...volume, status: { ...volume.status, phase: 'Released' } })
  }
  const policy = volume.spec.persistentVolumeReclaimPolicy ?? 'Retain'
  if (policy === 'Delete') await remove(work, released)
  else if (policy === 'Recycle') await recycle(work, released)
}

async function remove(work: Work, volume: Volume): Promise<void> {
  const { name, annotations: known } = volume.metadata
  const provisioner = known?.[annotations.provisionedBy]
  if (provisioner === localProvisioner) return work.write.delete(volume)
  // Somebody else's provisioner deletes what it has made.
  if (provisioner !== undefined) return
  const path = volume.spec.hostPath?.path
  if (path?.startsWith('/tmp/')) return work.write.delete(volume)
  const problem =
    path === undefined
      ? `error getting deleter volume plugin for volume ${JSON.stringify(name)}: no deletable volume plugin matched`
      : `host_path deleter only supports /tmp/.+ but received provided ${path}`
  await fail(work, volume, 'VolumeFailedDelete', problem)
}

async function recycle(work: Work, volume: Volume): Promise<void> {
  if (volume.spec.hostPath === undefined && volume.spec.nfs === undefined) {
    return fail(work, volume, 'VolumeFailedRecycle', 'No recycler plugin found for the volume!')
  }
  void work.write.record(volume, { reason: 'VolumeRecycled', message: 'Volume recycled', component }, work.nowText())
  const { claimRef: _, ...spec } = volume.spec
  const { [annotations.boundByController]: __, ...known } = volume.metadata.annotations ?? {}
  await work.write.update({ ...volume, metadata: { ...volume.metadata, annotations: known }, spec })
}

async function fail(work: Work, volume: Volume, reason: string, message: string): Promise<void> {
  if (volume.status?.phase === 'Failed' && volume.status.message === message) return
  await work.write.status(volume, { ...volume, status: { ...volume.status, phase: 'Failed', message } })
  void work.write.record(volume, { type: 'Warning', reason, message, component }, work.nowText())
}
