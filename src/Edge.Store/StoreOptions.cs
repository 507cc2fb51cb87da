namespace Edge.Store;

/// <summary>Where and how to keep things. The folder names stay inside the room.</summary>
public sealed record StoreOptions
{
    /// <summary><c>StorageDirectory</c>: files.</summary>
    public required string StorageDirectory { get; init; }

    /// <summary><c>IndexDirectory</c>: null for <see cref="StorageDirectory"/>.</summary>
    public string? IndexDirectory { get; init; }

    /// <summary><c>SyncStorageArea</c>: false leaves the files (not the index) to the operating system.</summary>
    public bool SyncStorageArea { get; init; } = true;

    /// <summary><c>ReadOnly</c>: whatever would change resources fails with <c>ReadOnly</c> (22).</summary>
    public bool ReadOnly { get; init; }

    /// <summary>Threads that read, write, hash and compress files. They mostly wait for the disk, so more than cores pay off.</summary>
    public int FileThreads { get; init; } = 4;

    /// <summary>Threads that run queries.</summary>
    public int ReaderThreads { get; init; } = 2;

    /// <summary>The longest a query may run.</summary>
    public TimeSpan QueryTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>SQLite's page cache of the writer, and of each reader, bytes.</summary>
    public int WriterCacheBytes { get; init; } = 8 << 20;

    public int ReaderCacheBytes { get; init; } = 2 << 20;

    /// <summary>Opens to rebuild the index from the files: a missing index is no error, and files without a row stay where they are.</summary>
    public bool Rebuilds { get; init; }

    /// <summary>Told of what no caller waits for (recovery, failed removals). No patient data. Null: dropped.</summary>
    public Action<StoreEvent>? Log { get; init; }
}

/// <summary>Something that happened in the background.</summary>
public sealed record StoreEvent(bool IsProblem, string Text, Exception? Error = null);
