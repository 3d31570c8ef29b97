/** `postern/langchain`. */
export { type GatewayAnnotation, GatewayCallbackHandler, type GatewayCallbackHandlerOptions } from './handler.ts';
