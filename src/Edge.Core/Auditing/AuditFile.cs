namespace Edge.Core.Auditing;

/// <summary>The file of the audit log and its predecessors: FILE, FILE.1, FILE.2… Not safe for concurrent use.</summary>
internal sealed class AuditFile : IDisposable
{
    private readonly string _path;
    private readonly long _maximum;
    private readonly int _files;
    private FileStream? _stream;

    /// <param name="maximum">In bytes; a file may be longer by one batch.</param>
    /// <param name="files">Kept, this one included.</param>
    /// <exception cref="IOException">It cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">The same.</exception>
    public AuditFile(string path, long maximum, int files)
    {
        (_path, _maximum, _files) = (path, maximum, files);
        _stream = Open();
    }

    /// <summary>Appends, and hands it to the operating system.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Append(ReadOnlySpan<byte> lines)
    {
        _stream ??= Open();
        if (_stream.Length >= _maximum)
        {
            _stream.Dispose();
            _stream = null;
            Rotate();
            _stream = Open();
        }

        long before = _stream.Length;
        try
        {
            _stream.Write(lines);
            _stream.Flush();
        }
        catch (IOException)
        {
            // No half of a line stays before the next one.
            _stream.SetLength(before);
            throw;
        }
    }

    public void Dispose() => _stream?.Dispose();

    private FileStream Open()
    {
        FileStreamOptions options = new() { Mode = FileMode.OpenOrCreate, Access = FileAccess.Write, Share = FileShare.Read, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;
        }

        FileStream stream = new(_path, options);
        stream.Seek(0, SeekOrigin.End);
        return stream;
    }

    private void Rotate()
    {
        File.Delete(Numbered(_files - 1));
        for (int number = _files - 2; number >= 0; number--)
        {
            if (File.Exists(Numbered(number)))
            {
                File.Move(Numbered(number), Numbered(number + 1));
            }
        }
    }

    private string Numbered(int number) => number == 0 ? _path : $"{_path}.{number}";
}
