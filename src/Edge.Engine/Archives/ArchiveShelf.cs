namespace Edge.Engine.Archives;

/// <summary>The archives that jobs have made and that can be fetched: the last ones, as many as <c>MediaArchiveSize</c> says.</summary>
/// <param name="folder">Where archives take their room while they are built and kept.</param>
/// <param name="size">How many are kept; 0 for none.</param>
public sealed class ArchiveShelf(string folder, int size) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly LinkedList<TemporaryFile> _kept = new();

    /// <summary>A file to build an archive in.</summary>
    /// <exception cref="Core.Errors.EdgeException">CannotWriteFile.</exception>
    public TemporaryFile Create()
    {
        try
        {
            return TemporaryFile.Create(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new Core.Errors.EdgeException(Core.Errors.ErrorCode.CannotWriteFile, $"No temporary file can be made: {e.Message}", e);
        }
    }

    /// <summary>Keeps an archive, and gives up the oldest ones beyond the limit.</summary>
    public void Keep(TemporaryFile archive)
    {
        lock (_gate)
        {
            _kept.AddLast(archive);
            while (_kept.Count > size)
            {
                _kept.First!.Value.Dispose();
                _kept.RemoveFirst();
            }
        }
    }

    /// <summary>Gives an archive up. False where that has happened already.</summary>
    public bool Drop(TemporaryFile archive)
    {
        lock (_gate)
        {
            archive.Dispose();
            return _kept.Remove(archive);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            foreach (TemporaryFile archive in _kept)
            {
                archive.Dispose();
            }

            _kept.Clear();
        }
    }
}
