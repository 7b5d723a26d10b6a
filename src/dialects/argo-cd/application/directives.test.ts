import assert from 'node:assert/strict'
import { test } from 'node:test'
import { noDirectives } from '../../../delivery/directives.js'
import { argoDirectives } from './directives.js'

const read = (annotations?: Record<string, string>) =>
  argoDirectives.read({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'x', namespace: 'shop', ...(annotations ? { annotations } : {}) },
  })
const options = (text: string, more: Record<string, string> = {}) => read({ 'argocd.argoproj.io/sync-options': text, ...more })

test('annotations are read as upstream reads them', () => {
  assert.equal(read({ 'argocd.argoproj.io/sync-wave': 'nonsense' }).wave, 0)
  assert.equal(read({ 'helm.sh/hook-weight': '-3' }).wave, -3)
  assert.deepEqual(read({ 'helm.sh/hook': 'pre-install,pre-upgrade,post-install' }).hook?.types, ['PreSync', 'PostSync'])
  assert.notEqual(read({ 'helm.sh/hook': 'test' }).hook, undefined)
  assert.equal(read({ 'argocd.argoproj.io/hook': 'Nonsense' }).hook, undefined)
  const hook = { 'argocd.argoproj.io/hook': 'Sync' }
  assert.deepEqual(read({ ...hook, 'helm.sh/hook-delete-policy': 'hook-succeeded' }).hook?.deletePolicies, ['HookSucceeded'])
  assert.deepEqual(read(hook).hook?.deletePolicies, ['BeforeHookCreation'])
})

test('an object that says nothing, or nothing that is known, asks for nothing', () => {
  assert.deepEqual(read(), noDirectives)
  assert.deepEqual(read({}), noDirectives)
  assert.deepEqual(options('Prune, Prune=maybe,,=,Replace=True'), noDirectives)
})

test('hooks of Helm are borrowed, its definitions are resources', () => {
  assert.equal(read({ 'argocd.argoproj.io/hook': 'PreSync', 'helm.sh/hook': 'test' }).hook?.borrowed, false)
  assert.equal(read({ 'helm.sh/hook': 'pre-install' }).hook?.borrowed, true)
  assert.deepEqual(read({ 'helm.sh/hook': 'test' }).hook?.types, [])
  assert.equal(read({ 'helm.sh/hook': 'crd-install' }).hook, undefined)
  // With nonsense in Argo CD's own annotation it is a hook after all.
  assert.deepEqual(read({ 'argocd.argoproj.io/hook': 'Nonsense', 'helm.sh/hook': 'crd-install' }).hook?.types, ['PreSync'])
})

test('pruning and deletion are allowed, refused, or wait for an approval', () => {
  const asked = options('Prune=confirm, Delete=false')
  assert.deepEqual([asked.prune, asked.delete], ['confirm', 'no'])
  const approved = { 'argocd.argoproj.io/deletion-approved': '' }
  assert.deepEqual(
    [options('Prune=confirm,Delete=false', approved).prune, options('Delete=false', approved).delete],
    ['yes', 'no'],
  )
  assert.equal(options('Delete=confirm,Delete=false').delete, 'no')
  assert.match(argoDirectives.howToApprove.one, /^annotate it with argocd\.argoproj\.io\/deletion-approved$/)
})

test('each option is answered by its own field', () => {
  const fields = {
    'PruneLast=true': 'pruneLast',
    'Replace=true': 'replace',
    'Force=true': 'force',
    'ServerSideApply=true': 'serverSideApply',
    'Validate=false': 'skipValidation',
    'ApplyOutOfSyncOnly=true': 'applyOutOfSyncOnly',
    'SkipDryRunOnMissingResource=true': 'skipDryRunOnMissingResource',
  }
  for (const [option, field] of Object.entries(fields)) assert.deepEqual(options(option), { ...noDirectives, [field]: true })
  assert.equal(read({ 'argocd.argoproj.io/compare-options': 'IgnoreExtraneous' }).ignoreExtraneous, true)
  assert.equal(read({ 'argocd.argoproj.io/ignore-healthcheck': 'true' }).ignoresHealth, true)
})
