import assert from 'node:assert/strict'
import { test } from 'node:test'
import { meantField } from './meant-field.js'

test('what was meant by a name that there is not', () => {
  const fields = ['image', 'imagePullPolicy', 'env', 'envFrom', 'command', 'name', 'ports']
  const meant = (key: string) => meantField(key, fields)
  assert.deepEqual(meant('imagePullPolcy'), { name: 'imagePullPolicy', isOnly: true })
  assert.deepEqual(meant('imagepullpolicy'), { name: 'imagePullPolicy', isOnly: true })
  assert.deepEqual(meant('port'), { name: 'ports', isOnly: true })
  assert.deepEqual(meant('environment'), { name: 'env', isOnly: false })
  assert.equal(meant('replicas'), undefined)
  assert.deepEqual(meantField('hos', ['hosts', 'host']), { name: 'host', isOnly: true })
  assert.deepEqual(meantField('hoss', ['hosts', 'host']), { name: 'hosts', isOnly: false })
})
