using System.Text;
using Edge.Core.Errors;

namespace Edge.Core.Configuration;

/// <summary>Reads one file, or merges the <c>*.json</c> of a folder at the top level, by Orthanc's rules.</summary>
internal sealed class ConfigurationFiles(ConfigurationSource source, ConfigurationProblems problems)
{
    /// <summary>The greatest size of a file, in bytes.</summary>
    public const int MaximumSize = 16 * 1024 * 1024;

    /// <summary>The files read, absolute, in order.</summary>
    public List<string> Read { get; } = [];

    /// <summary>The folder of the file, the folder given, or the working folder.</summary>
    public string BaseFolder { get; private set; } = source.WorkingFolder;

    /// <summary>Reads everything there is into one map.</summary>
    public ConfigurationNode Load()
    {
        ConfigurationNode merged = new(ConfigurationKind.Map, source.Path ?? "", 0);
        if (source.Path is null)
        {
            return merged;
        }

        string path = Path.GetFullPath(source.Path, source.WorkingFolder);
        if (Directory.Exists(path))
        {
            BaseFolder = path;
            LoadFolder(path, merged);
        }
        else if (File.Exists(path))
        {
            BaseFolder = Path.GetDirectoryName(path)!;
            Merge(path, merged);
        }
        else
        {
            problems.Error(source.Path, "", "does not exist: expected a JSON file, or a folder of them", ErrorCode.InexistentFile);
        }

        return merged;
    }

    private void LoadFolder(string folder, ConfigurationNode merged)
    {
        string[] files;
        try
        {
            files = Directory.GetFiles(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            problems.Error(folder, "", $"cannot be read: {FailureText.Of(e)}", ErrorCode.InexistentFile);
            return;
        }

        Array.Sort(files, StringComparer.Ordinal);
        foreach (string file in files)
        {
            if (Path.GetExtension(file).Equals(".json", StringComparison.OrdinalIgnoreCase))
            {
                Merge(file, merged);
            }
        }

        if (Read.Count == 0)
        {
            problems.Warn(folder, "", "holds no .json file: the built-in defaults are used");
        }
    }

    private void Merge(string file, ConfigurationNode merged)
    {
        Read.Add(file);
        string? text = ReadText(file, MaximumSize, problems);
        if (text is null)
        {
            return;
        }

        string name = Path.GetFileName(file);
        byte[] utf8 = Encoding.UTF8.GetBytes(VariableSubstitution.Replace(text, source.Environment));
        ConfigurationNode? root = ConfigurationParser.Parse(utf8, name, problems);
        if (root is null)
        {
            return;
        }

        if (root.Kind != ConfigurationKind.Map)
        {
            problems.Error(root, "", $"holds {root.Describe()}: expected an object, {{ ... }}");
            return;
        }

        foreach (KeyValuePair<string, ConfigurationNode> member in root.Members)
        {
            if (merged.Find(member.Key) is { } other)
            {
                problems.Error(member.Value, member.Key, $"is given in {other.Where} too: keep it in one of the two files");
            }
            else
            {
                merged.Members.Add(member);
            }
        }
    }

    /// <summary>The text of a file, or null, with the problem reported.</summary>
    public static string? ReadText(string file, int maximumSize, ConfigurationProblems problems)
    {
        try
        {
            using FileStream stream = new(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 1);
            byte[] buffer = new byte[4096];
            int length = 0;
            // Not by the length: files of /proc and pipes have none.
            while (stream.Read(buffer.AsSpan(length)) is > 0 and int count)
            {
                length += count;
                if (length > maximumSize)
                {
                    problems.Error(file, "", $"is larger than {maximumSize} bytes");
                    return null;
                }

                if (length == buffer.Length)
                {
                    Array.Resize(ref buffer, buffer.Length * 2);
                }
            }

            return new UTF8Encoding(false, true).GetString(buffer.AsSpan(0, length));
        }
        catch (DecoderFallbackException)
        {
            problems.Error(file, "", "is not valid UTF-8", ErrorCode.BadJson);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            problems.Error(file, "", $"cannot be read: {FailureText.Of(e)}", ErrorCode.InexistentFile);
        }

        return null;
    }
}
