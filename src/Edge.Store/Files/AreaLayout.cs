using Edge.Core.Errors;
using Edge.Store.Native;

namespace Edge.Store.Files;

/// <summary>Names inside the storage folder: <c>aa/bb/uuid</c>, <c>incoming/</c>, <c>lost+found/</c>, <c>run.journal</c>.</summary>
internal sealed class AreaLayout
{
    public AreaLayout(string root)
    {
        Root = Path.GetFullPath(root);
        Incoming = Path.Combine(Root, "incoming");
        LostAndFound = Path.Combine(Root, "lost+found");
        Journal = Path.Combine(Root, "run.journal");
    }

    public string Root { get; }

    /// <summary>Objects being received.</summary>
    public string Incoming { get; }

    /// <summary>Files that recovery found without a row.</summary>
    public string LostAndFound { get; }

    /// <summary>The folders that this run writes into; its presence at start means an unclean stop.</summary>
    public string Journal { get; }

    public string PathOf(Guid uuid)
    {
        string name = uuid.ToString("D");
        return $"{Root}/{name[..2]}/{name.AsSpan(2, 2)}/{name}";
    }

    public string FolderOf(ushort number) => $"{Root}/{number >> 8:x2}/{number & 255:x2}";

    /// <summary>Makes a folder durable with all its missing parents.</summary>
    public static void EnsureFolder(string path)
    {
        if (Directory.Exists(path))
        {
            return;
        }

        string? parent = Path.GetDirectoryName(path);
        if (!string.IsNullOrEmpty(parent))
        {
            EnsureFolder(parent);
        }

        try
        {
            Directory.CreateDirectory(path);
            Posix.SyncFolder(path);
            if (!string.IsNullOrEmpty(parent))
            {
                Posix.SyncFolder(parent);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EdgeException(IsFull(e) ? ErrorCode.FullStorage : ErrorCode.CannotWriteFile, $"A folder of the storage area cannot be made: {e.Message}", e);
        }
    }

    public static bool IsFull(Exception e) => e is IOException && (e.HResult & 0xFFFF) is 28 or 122;

    /// <summary>All stored files below <c>aa/bb</c>, by name.</summary>
    public IEnumerable<(Guid Uuid, string Path)> Files()
    {
        if (!Directory.Exists(Root))
        {
            yield break;
        }

        foreach (string first in Directory.EnumerateDirectories(Root))
        {
            if (!IsPair(Path.GetFileName(first)))
            {
                continue;
            }

            foreach (string second in Directory.EnumerateDirectories(first))
            {
                if (IsPair(Path.GetFileName(second)))
                {
                    foreach ((Guid, string) file in FilesIn(second))
                    {
                        yield return file;
                    }
                }
            }
        }
    }

    /// <summary>The stored files of one folder, none if it does not exist.</summary>
    public static IEnumerable<(Guid Uuid, string Path)> FilesIn(string folder)
    {
        if (!Directory.Exists(folder))
        {
            yield break;
        }

        foreach (string path in Directory.EnumerateFiles(folder))
        {
            if (Guid.TryParseExact(Path.GetFileName(path), "D", out Guid uuid))
            {
                yield return (uuid, path);
            }
        }
    }

    private static bool IsPair(ReadOnlySpan<char> name) => name.Length == 2 && char.IsAsciiHexDigitLower(name[0]) && char.IsAsciiHexDigitLower(name[1]);
}
