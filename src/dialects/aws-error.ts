/** The error form of Amazon's JSON services: the error's type stands in a header, its SDKs raise an exception of that name. */
import type { GatewayError } from '../errors.ts';
import type { ErrorForm } from './dialect.ts';

const TYPES: Readonly<Record<number, string>> = {
  400: 'ValidationException',
  401: 'AccessDeniedException',
  402: 'ServiceQuotaExceededException',
  403: 'AccessDeniedException',
  404: 'ResourceNotFoundException',
  413: 'ValidationException',
  422: 'ValidationException',
  424: 'ModelErrorException',
  429: 'ThrottlingException',
  503: 'ServiceUnavailableException',
};

const typeOf = ({ status }: GatewayError): string => TYPES[status] ?? 'InternalServerException';

function body({ message, code, param, details }: GatewayError): unknown {
  return { message, code, ...(param === undefined ? {} : { param }), ...(details ? { details } : {}) };
}

export const awsErrors: ErrorForm = {
  body,
  event: (error) => ({ name: 'modelStreamErrorException', data: body(error) }),
  headers: (error, requestId) => ({
    'x-amzn-errortype': typeOf(error),
    ...(requestId === undefined ? {} : { 'x-amzn-requestid': requestId }),
  }),
};
