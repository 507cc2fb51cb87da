using Edge.Core.Errors;

namespace Edge.Core.Configuration;

/// <summary>Values kept in files of their own: <c>"${file:PATH}"</c> in any text, and the folder <c>Edge.SecretsFolder</c>.</summary>
internal sealed class SecretFiles(string baseFolder, ConfigurationProblems problems)
{
    /// <summary>The greatest size of a secret, in bytes.</summary>
    private const int MaximumSize = 64 * 1024;

    private const string Opening = "${file:";

    /// <summary>The files of the folder whose names are those of options: name and text.</summary>
    public Dictionary<string, string> ReadFolder(ConfigurationNode at, string folder)
    {
        Dictionary<string, string> values = new(StringComparer.Ordinal);
        if (!Directory.Exists(folder))
        {
            problems.Error(at, "Edge.SecretsFolder", $"the folder {folder} does not exist", ErrorCode.InexistentFile);
            return values;
        }

        try
        {
            foreach (string file in Directory.GetFiles(folder, OptionOverrides.Prefix + "*"))
            {
                if (Read(file) is { } text)
                {
                    values[Path.GetFileName(file)] = text;
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            problems.Error(at, "Edge.SecretsFolder", $"the folder {folder} cannot be read: {FailureText.Of(e)}", ErrorCode.InexistentFile);
        }

        return values;
    }

    /// <summary>A copy of the value in which every <c>${file:PATH}</c> is replaced by what the file holds, without its last line end.</summary>
    public ConfigurationNode Replace(ConfigurationNode node, string path)
    {
        if (node.Kind == ConfigurationKind.Text)
        {
            return node.Text.Contains(Opening, StringComparison.Ordinal) ? ReplaceText(node, path) : node;
        }

        // Depth is bounded by the parser.
        for (int i = 0; i < node.Items.Count; i++)
        {
            node.Items[i] = Replace(node.Items[i], $"{path}[{i}]");
        }

        for (int i = 0; i < node.Members.Count; i++)
        {
            KeyValuePair<string, ConfigurationNode> member = node.Members[i];
            node.Members[i] = new(member.Key, Replace(member.Value, path.Length == 0 ? member.Key : $"{path}.{member.Key}"));
        }

        return node;
    }

    private ConfigurationNode ReplaceText(ConfigurationNode node, string path)
    {
        string text = node.Text;
        string result = "";
        for (int at = text.IndexOf(Opening, StringComparison.Ordinal); at >= 0; at = text.IndexOf(Opening, StringComparison.Ordinal))
        {
            int end = text.IndexOf('}', at);
            if (end < 0)
            {
                problems.Error(node, path, $"{node.Describe()} has no closing brace: expected ${{file:PATH}}");
                break;
            }

            string file = OptionFolders.Absolute(text[(at + Opening.Length)..end].Trim(), baseFolder);
            result += text[..at] + (Read(file) ?? "");
            text = text[(end + 1)..];
        }

        return new ConfigurationNode(ConfigurationKind.Text, node.Source, node.Line) { Text = result + text };
    }

    private string? Read(string file)
    {
        string? text = ConfigurationFiles.ReadText(file, MaximumSize, problems);
        if (text is null)
        {
            return null;
        }

        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(file) & UnixFileMode.OtherRead) != 0)
        {
            problems.Warn(file, "", "is a secret that every user of this machine can read: chmod o-r");
        }

        text = text.EndsWith('\n') ? text[..^1] : text;
        return text.EndsWith('\r') ? text[..^1] : text;
    }
}
