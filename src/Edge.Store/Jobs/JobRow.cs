namespace Edge.Store.Jobs;

/// <summary>A job as it survives a restart. The engine owns the meaning of every field but <see cref="Sequence"/>.</summary>
public sealed record JobRow
{
    public required string Id { get; init; }

    /// <summary>Orthanc's job type.</summary>
    public required string Type { get; init; }

    public required string State { get; init; }

    public int Priority { get; init; }

    public required DateTimeOffset Created { get; init; }

    public DateTimeOffset? Completed { get; init; }

    /// <summary>The request and progress in the engine's own form.</summary>
    public ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>Where the next step starts (cursor, UID map), written by <see cref="JobCheckpoint"/>.</summary>
    public ReadOnlyMemory<byte> Cursor { get; init; }

    /// <summary>The order of submission; set by the index.</summary>
    public long Sequence { get; init; }
}

/// <summary>Moves the cursor of a job, in the transaction of the instance that the step ingested.</summary>
public sealed record JobCheckpoint(string JobId, ReadOnlyMemory<byte> Cursor);
