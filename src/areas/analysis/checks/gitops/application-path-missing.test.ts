import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTexts } from '../../check-texts.js'
import { applicationPathMissing } from './application-path-missing.js'

const application = (name: string, path: string, more = '') => ({
  [`argocd/${name}.yaml`]: `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: ${name}, namespace: argocd}
spec:
  project: default
  source: {repoURL: "https://git.example.com/fleet.git", path: ${path}${more}}
  destination: {name: a, namespace: a}
`,
})
const files = {
  ...application('shop', 'apps/shop'),
  'apps/shop/kustomization.yaml': 'resources: []\n',
  'apps/plain/map.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n',
}
const run = (name: string, path: string, more?: string) =>
  checkTexts(applicationPathMissing, { ...files, ...application(name, path, more) })

test('a path that is misspelled, and options of kustomize for plain files', () => {
  assert.deepEqual(run('web', 'apps/shpo'), [
    'warning argocd/web.yaml:6:64 Application argocd/web: there is no apps/shpo: did you mean apps/shop?',
  ])
  assert.deepEqual(run('web', 'apps/plain', ', kustomize: {namePrefix: a-}'), [
    'warning argocd/web.yaml:6:76 Application argocd/web has options for kustomize, but apps/plain has no kustomization file',
  ])
})

test('paths that are there, of other repositories, that nothing here is near to, and templates', () => {
  assert.deepEqual(run('web', 'apps/plain'), [])
  assert.deepEqual(run('web', './apps/shop/', ', kustomize: {namePrefix: a-}'), [])
  assert.deepEqual(run('web', 'apps/elsewhere'), [])
  assert.deepEqual(run('web', '"apps/{{name}}"'), [])
  const alone = Object.fromEntries(Object.entries(files).filter(([path]) => !path.startsWith('argocd/')))
  assert.deepEqual(checkTexts(applicationPathMissing, { ...alone, ...application('web', 'apps/shpo') }), [])
})
