/** The error form of Amazon's JSON services: the error's type stands in a header, its SDKs raise an exception of that name. */
import type { GatewayError } from '../errors.ts';
import type { ErrorEvent, ErrorForm } from './dialect.ts';

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

/** Of an exception in a stream the SDK hands out the fields of its model alone, so what is ours stands in one of them. */
function event(error: GatewayError): ErrorEvent {
  const { message, status, code, details } = error;
  const originalMessage = JSON.stringify({ code, message, ...(details ? { details } : {}) });
  return { name: 'modelStreamErrorException', data: { message, originalStatusCode: status, originalMessage } };
}

export const awsErrors: ErrorForm = {
  body,
  event,
  headers: (error, requestId) => ({
    'x-amzn-errortype': typeOf(error),
    ...(requestId === undefined ? {} : { 'x-amzn-requestid': requestId }),
  }),
};
