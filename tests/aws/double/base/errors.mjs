// SPDX-License-Identifier: Apache-2.0
// The errors of AWS IoT's control plane and their HTTP status (aws-iot.md sections 6.2 and 14, item 13). The status of
// those of the signature is that of all AWS services.

const statuses = {
  AccessDeniedException: 403,
  CertificateConflictException: 409,
  CertificateStateException: 406,
  CertificateValidationException: 400,
  ConflictException: 409,
  ConflictingResourceUpdateException: 409,
  DeleteConflictException: 409,
  ExpiredTokenException: 403,
  ForbiddenException: 403,
  IncompleteSignatureException: 400,
  IndexNotReadyException: 400,
  InternalFailureException: 500,
  InternalException: 500,
  InvalidRequestException: 400,
  InvalidSignatureException: 403,
  InvalidStateTransitionException: 409,
  LimitExceededException: 410,
  MalformedPolicyException: 400,
  MethodNotAllowedException: 405,
  MissingAuthenticationTokenException: 403,
  NotConfiguredException: 404,
  RegistrationCodeValidationException: 400,
  RequestEntityTooLargeException: 413,
  ResourceAlreadyExistsException: 409,
  ResourceNotFoundException: 404,
  ResourceRegistrationFailureException: 400,
  ServiceQuotaExceededException: 402,
  ServiceUnavailableException: 503,
  SqlParseException: 400,
  ThrottlingException: 400,
  TransferAlreadyCompletedException: 410,
  TransferConflictException: 409,
  UnauthorizedException: 401,
  UnrecognizedClientException: 403,
  UnsupportedDocumentEncodingException: 415,
  ValidationException: 400,
  VersionConflictException: 409,
  VersionsLimitExceededException: 409
}

export class ServiceError extends Error {
  /** `members` go into the answer beside the message, as resourceArn of ResourceAlreadyExistsException. */
  constructor(name, message, members = {}, status = statuses[name]) {
    super(message)
    if (!status) throw new TypeError(`no status for ${name}`)
    this.name = name
    this.status = status
    this.members = members
  }
}

export function statusOf(name) {
  return statuses[name]
}

export function refuse(name, message, members) {
  throw new ServiceError(name, message, members)
}

export function invalid(message) {
  throw new ServiceError('InvalidRequestException', message)
}

export function notFound(message) {
  throw new ServiceError('ResourceNotFoundException', message)
}
