using Edge.Core.Errors;
using Edge.Core.Options;

namespace Edge.Core.Configuration;

/// <summary>Carries the JSON into the options by the generated table, and reports what the table does not know.</summary>
internal sealed class OptionBinding(OptionDescriptor[] table, ConfigurationProblems problems, OptionFolders folders)
{
    // Orthanc's plugins read sections of their own; an Orthanc configuration with them is no mistake.
    private static readonly string[] PluginSections =
    [
        "AdvancedStorage", "Authentication", "Authorization", "AwsS3Storage", "AzureBlobStorage", "ConnectivityChecks", "DelayedDeletion", "DicomWeb",
        "Gdcm", "GoogleCloudStorage", "GoogleCloudPlatform", "Housekeeper", "Java", "Kitware", "MultitenantDicom", "MySQL", "Neuro", "Odbc", "OHIF",
        "OrthancExplorer2", "PostgreSQL", "PythonScript", "PythonVerbose", "ServeFolders", "StoneWebViewer", "Tcia", "Transfers", "VolView",
        "WebViewer", "WebViewerBasic", "WholeSlideImaging", "Wsi",
    ];

    private readonly Dictionary<string, OptionDescriptor> _byPath = table.ToDictionary(static option => option.Path, StringComparer.Ordinal);
    private readonly Dictionary<string, ConfigurationNode> _given = new(StringComparer.Ordinal);

    public void Bind(EdgeOptions options, ConfigurationNode root)
    {
        BindMap(options, root, "");
        foreach (OptionDescriptor option in table)
        {
            option.Resolve?.Invoke(options, folders);
            if (option.Format == OptionFormat.File && _given.TryGetValue(option.Path, out ConfigurationNode? node))
            {
                DemandFiles(option, node);
            }
        }
    }

    // Sections nest as deep as the declarations do.
    private void BindMap(EdgeOptions options, ConfigurationNode map, string prefix)
    {
        foreach (KeyValuePair<string, ConfigurationNode> member in map.Members)
        {
            string path = prefix + member.Key;
            if (_byPath.TryGetValue(path, out OptionDescriptor? option))
            {
                BindOption(options, option, member.Value);
            }
            else if (!table.Any(known => known.Path.StartsWith(path + ".", StringComparison.Ordinal)))
            {
                WarnOfUnknown(member.Value, path, member.Key);
            }
            else if (member.Value.Kind != ConfigurationKind.Map)
            {
                problems.Error(member.Value, path, $"{member.Value.Describe()} is of the wrong type: expected an object, {{ ... }}", ErrorCode.BadParameterType);
            }
            else
            {
                BindMap(options, member.Value, path + ".");
            }
        }
    }

    private void BindOption(EdgeOptions options, OptionDescriptor option, ConfigurationNode node)
    {
        if (option.Deprecated.Length > 0)
        {
            problems.Warn(node, option.Path, $"is deprecated: {option.Deprecated}");
        }

        _given[option.Path] = node;
        option.Bind!(options, new OptionReading(option, node, problems, folders));
    }

    private void WarnOfUnknown(ConfigurationNode node, string path, string name)
    {
        if (Array.Exists(PluginSections, section => section == path))
        {
            problems.Warn(node, path, "belongs to an Orthanc plugin and has no effect here");
            return;
        }

        // First the same name elsewhere, such as an option of ours outside of "Edge".
        OptionDescriptor? elsewhere = Array.Find(table, known => known.Path.EndsWith("." + name, StringComparison.Ordinal) || name.Length > 0 && known.Path == name);
        string near = elsewhere is not null ? $"; did you mean \"{elsewhere.Path}\"?" : Suggestion.Sentence(path, _byPath.Keys);
        problems.Warn(node, path, $"is not an option and has no effect{near}");
    }

    private void DemandFiles(OptionDescriptor option, ConfigurationNode node)
    {
        bool isList = option.Kind == OptionKind.TextList;
        if (node.Kind != (isList ? ConfigurationKind.List : ConfigurationKind.Text))
        {
            return; // reported as of the wrong type
        }

        int count = isList ? node.Items.Count : 1;
        for (int i = 0; i < count; i++)
        {
            ConfigurationNode item = isList ? node.Items[i] : node;
            if (item is { Kind: ConfigurationKind.Text, Text.Length: > 0 } && !item.Text.Contains('\0') && folders.Path(item.Text) is { } file && !File.Exists(file))
            {
                problems.Error(item, isList ? $"{option.Path}[{i}]" : option.Path, $"the file {file} does not exist", ErrorCode.InexistentFile);
            }
        }
    }
}
