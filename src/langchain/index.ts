/** `postern/langchain`. */
export { type LangSmithAnonymizer, langsmithAnonymizer } from './anonymizer.ts';
export { type GatewayAnnotation, GatewayCallbackHandler, type GatewayCallbackHandlerOptions } from './handler.ts';
export {
  type AgentRequest,
  type AgentToolCall,
  type GatewayMiddleware,
  type GatewayMiddlewareOptions,
  gatewayMiddleware,
} from './middleware.ts';
