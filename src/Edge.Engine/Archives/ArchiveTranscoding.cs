using Edge.Engine.Content;

namespace Edge.Engine.Archives;

/// <summary>Brings the instances of an archive to one transfer syntax; what cannot be brought there goes in as it is.</summary>
internal abstract class ArchiveTranscoding
{
    /// <summary>The target.</summary>
    public abstract string TransferSyntaxUid { get; }

    /// <summary>The whole file in the target syntax; null where it stays as it is stored.</summary>
    public abstract ValueTask<ReadOnlyMemory<byte>?> TranscodeAsync(StoredInstance instance, CancellationToken cancellation);
}
