using Edge.Core.Memory;
using Edge.Store.Files;

namespace Edge.Engine.Ingest;

/// <summary>What all objects on their way in share.</summary>
/// <param name="Pool">The blocks of native memory.</param>
/// <param name="Budget">The one budget of all network data in flight, in bytes.</param>
/// <param name="SpoolThreshold">Objects past this many bytes go to a file; at most <see cref="NativeBufferPool.LargestSize"/>.</param>
/// <param name="OpenSpool">Opens a spool file in the storage area.</param>
public sealed record IncomingMemory(NativeBufferPool Pool, ByteBudget Budget, int SpoolThreshold, Func<ISpool> OpenSpool);
