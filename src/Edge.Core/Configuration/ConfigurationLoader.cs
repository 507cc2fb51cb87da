using Edge.Core.Errors;
using Edge.Core.Options;

namespace Edge.Core.Configuration;

/// <summary>
/// Loads the configuration: files (one, or a folder merged at the top level), variables in their text, the folder of secrets,
/// the environment, <c>${file:PATH}</c>, then every check there is. Nothing is thrown for what is wrong: it is all in the outcome.
/// </summary>
public static class ConfigurationLoader
{
    public static LoadedConfiguration Load(ConfigurationSource source)
    {
        ConfigurationProblems problems = new();
        ConfigurationFiles files = new(source, problems);
        ConfigurationNode root = files.Load();
        OptionDescriptor[] table = OptionTable.Create();

        OptionOverrides overrides = new(table, problems);
        SecretFiles secrets = new(files.BaseFolder, problems);
        ReadSecretsFolder(root, source, overrides, secrets, files.BaseFolder);
        overrides.Apply(root, source.Environment, "environment");
        ConfigurationNode written = root;
        root = secrets.Replace(root, "");

        OptionFolders folders = Folders(root, files.BaseFolder);
        EdgeOptions options = new();
        new OptionBinding(table, problems, folders).Bind(options, root);
        new OptionRules(options, root, problems).Apply();
        return new LoadedConfiguration(options, problems.All, files.Read, files.BaseFolder, written);
    }

    // The environment says where the secrets are, and yet wins over them.
    private static void ReadSecretsFolder(
        ConfigurationNode root, ConfigurationSource source, OptionOverrides overrides, SecretFiles secrets, string baseFolder)
    {
        ConfigurationNode? node = root.Find("Edge")?.Find("SecretsFolder");
        foreach (KeyValuePair<string, string> variable in source.Environment)
        {
            if (variable.Key == "ORTHANC__EDGE__SECRETS_FOLDER")
            {
                node = new ConfigurationNode(ConfigurationKind.Text, $"environment {variable.Key}", 0) { Text = variable.Value };
            }
        }

        if (node is { Kind: ConfigurationKind.Text, Text.Length: > 0 })
        {
            string folder = OptionFolders.Absolute(node.Text, baseFolder);
            overrides.Apply(root, secrets.ReadFolder(node, folder), folder);
        }
    }

    private static OptionFolders Folders(ConfigurationNode root, string baseFolder)
    {
        ConfigurationNode? data = root.Find("Edge")?.Find("DataFolder");
        return data is { Kind: ConfigurationKind.Text, Text.Length: > 0 }
            ? new OptionFolders(baseFolder, OptionFolders.Absolute(data.Text, baseFolder))
            : new OptionFolders(baseFolder, baseFolder);
    }
}
