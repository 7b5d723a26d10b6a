import { type StatusError, statusErrors } from '../../../kube/object/status-error.js'
import { named } from '../resource.js'
import type { WriteRequest } from './write-request.js'

/** Where upstream's keys are named otherwise than their resource. */
const prefixes: Readonly<Record<string, string>> = {
  '/endpoints': 'services/endpoints',
  '/nodes': 'minions',
  '/replicationcontrollers': 'controllers',
  '/services': 'services/specs',
  'apiextensions.k8s.io/customresourcedefinitions': 'apiextensions.k8s.io/customresourcedefinitions',
  'apiregistration.k8s.io/apiservices': 'apiregistration.k8s.io/apiservices',
  'networking.k8s.io/ingresses': 'ingress',
}

/** A PUT for another object of the same name. The text tells of the key in etcd, as upstream's does. `uid` '': there is none. */
export function anotherUid(request: WriteRequest, wanted: string, uid: string): StatusError {
  const { resource, namespace, name } = request
  const { group, plural } = resource.type
  const prefix = resource.custom ? `${group}/${plural}` : (prefixes[`${group}/${plural}`] ?? plural)
  const key = `${uid === '' ? '' : '/registry'}/${prefix}/${namespace === '' ? '' : `${namespace}/`}${name}`
  return statusErrors.conflict(
    named(resource, name),
    `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: ` +
      `Precondition failed: UID in precondition: ${wanted}, UID in object meta: ${uid}`,
  )
}
