// SPDX-License-Identifier: Apache-2.0
// Transfer of a certificate to another account (aws-iot.md sections 7.7 and 14, item 13). The double has one registry:
// a transferred certificate stays in it, with the account of its new owner. A key belongs to the account that
// POST /accounts gave it.
import { invalid, refuse } from '../base/errors.mjs'
import { arnMaker } from '../base/names.mjs'
import { certificateOf, setStatus } from './certificate_store.mjs'
import { attachedPolicies } from './policy_targets.mjs'

const accountOf = (world, caller) => caller.account ?? world.account

function checkTransferable(world, certificate) {
  if (certificate.status === 'PENDING_TRANSFER') {
    refuse('TransferConflictException', `A transfer of ${certificate.id} is pending`)
  }
  if (certificate.status !== 'INACTIVE') {
    refuse('CertificateStateException', `Certificate must be INACTIVE to be transferred, not ${certificate.status}`)
  }
  const things = world.store.associations.some((one) => one.principal === certificate.arn)
  if (things || attachedPolicies(world, certificate.arn).length > 0) {
    invalid(`Policies and things must be detached before the transfer (arn: ${certificate.arn})`)
  }
}

function transfer(world, { path, query, body, caller }) {
  const certificate = certificateOf(world, path.certificateId)
  const target = query.targetAwsAccount
  if (!/^\d{12}$/.test(target) || target === accountOf(world, caller)) invalid(`targetAwsAccount ${target}`)
  checkTransferable(world, certificate)
  certificate.transfer = {
    to: target,
    from: accountOf(world, caller),
    at: world.clock.seconds(),
    message: body.transferMessage
  }
  setStatus(world, certificate, 'PENDING_TRANSFER')
  return { transferredCertificateArn: certificate.arn }
}

/** The certificate, if it waits for a transfer that concerns the caller's account in this part, `to` or `from`. */
function pending(world, { path, caller }, part) {
  const certificate = certificateOf(world, path.certificateId)
  if (!certificate.transfer || certificate.transfer[part] !== accountOf(world, caller)) {
    refuse('UnauthorizedException', `No transfer of ${certificate.id} concerns this account`)
  }
  if (certificate.status !== 'PENDING_TRANSFER') {
    refuse('TransferAlreadyCompletedException', `The transfer of ${certificate.id} is completed`)
  }
  return certificate
}

function accept(world, input) {
  const certificate = pending(world, input, 'to')
  const arn = arnMaker({ ...world, account: certificate.transfer.to })
  Object.assign(certificate, { arn: arn(`cert/${certificate.id}`), owner: certificate.transfer.to })
  setStatus(world, certificate, input.query.setAsActive === 'true' ? 'ACTIVE' : 'INACTIVE')
}

export const routes = [
  ['TransferCertificate', 'PATCH', '/transfer-certificate/{certificateId}', transfer],
  ['AcceptCertificateTransfer', 'PATCH', '/accept-certificate-transfer/{certificateId}', accept],
  [
    'RejectCertificateTransfer',
    'PATCH',
    '/reject-certificate-transfer/{certificateId}',
    (world, input) => setStatus(world, pending(world, input, 'to'), 'INACTIVE')
  ],
  [
    'CancelCertificateTransfer',
    'PATCH',
    '/cancel-certificate-transfer/{certificateId}',
    (world, input) => setStatus(world, pending(world, input, 'from'), 'INACTIVE')
  ]
]
