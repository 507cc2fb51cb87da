using System.Text.Json;
using Edge.Core.Errors;
using Edge.Core.Options;

namespace Edge.Core.Configuration.Readers;

/// <summary>The JSON forms of a peer: <c>[url]</c>, <c>[url, user, password]</c> or an object.</summary>
public static class PeerReader
{
    /// <summary>Reads the body of <c>PUT /peers/{name}</c>.</summary>
    /// <param name="name">The name of the peer.</param>
    /// <param name="utf8">The body.</param>
    /// <param name="baseFolder">Where relative paths of certificates start.</param>
    /// <exception cref="EdgeException">With the code and the text of the first thing that is wrong.</exception>
    public static PeerOptions Parse(string name, ReadOnlySpan<byte> utf8, string baseFolder)
    {
        ConfigurationProblems problems = new();
        OptionFolders folders = new(baseFolder, baseFolder);
        PeerOptions? peer = ConfigurationParser.Parse(utf8, "", problems) is { } node ? Read(name, node, name, problems, folders) : null;
        return problems.FirstError is { } error ? throw new EdgeException(error.Code, error.ToString()) : peer!;
    }

    /// <summary>Reads one peer; null if something is wrong with it.</summary>
    public static PeerOptions? Read(string name, ConfigurationNode node, string path, ConfigurationProblems problems, OptionFolders folders)
    {
        if (!ModalityReader.IsGoodName(name))
        {
            problems.Error(node, path, $"\"{name}\" is not a name for a peer: expected letters, digits, - and _");
            return null;
        }

        switch (node.Kind)
        {
            case ConfigurationKind.List when node.Items.Count is 1 or 3:
                return FromList(node, path, problems);
            case ConfigurationKind.Map:
                return FromMap(node, path, problems, folders);
            default:
                string found = node.Kind == ConfigurationKind.List ? $"a list of {node.Items.Count}" : node.Describe();
                problems.Error(node, path, $"{found}: expected [ url ], [ url, user, password ] or an object");
                return null;
        }
    }

    /// <summary>Writes what may be shown, as <c>GET /peers/{name}/configuration</c> answers: header names without values, no password, keys in alphabetical order.</summary>
    public static void WritePublic(Utf8JsonWriter writer, PeerOptions peer)
    {
        SortedDictionary<string, Action> members = new(StringComparer.Ordinal)
        {
            ["HttpHeaders"] = () => WriteHeaderNames(writer, peer),
            ["Pkcs11"] = () => writer.WriteBooleanValue(peer.Pkcs11),
            ["Timeout"] = () => writer.WriteNumberValue(peer.Timeout),
            ["Url"] = () => writer.WriteStringValue(peer.Url),
        };
        if (peer.Username.Length > 0)
        {
            members["Username"] = () => writer.WriteStringValue(peer.Username);
            members["Password"] = writer.WriteNullValue;
        }

        foreach (KeyValuePair<string, string> property in peer.UserProperties)
        {
            members.TryAdd(property.Key, () => writer.WriteStringValue(property.Value));
        }

        writer.WriteStartObject();
        foreach (KeyValuePair<string, Action> member in members)
        {
            writer.WritePropertyName(member.Key);
            member.Value();
        }

        writer.WriteEndObject();
    }

    /// <summary>Writes all of a peer, secrets too: for the index, never for an answer.</summary>
    public static void Write(Utf8JsonWriter writer, PeerOptions peer)
    {
        writer.WriteStartObject();
        writer.WriteString("Url", peer.Url);
        writer.WriteString("Username", peer.Username);
        writer.WriteString("Password", peer.Password);
        writer.WriteStartObject("HttpHeaders");
        foreach (KeyValuePair<string, string> header in peer.HttpHeaders)
        {
            writer.WriteString(header.Key, header.Value);
        }

        writer.WriteEndObject();
        writer.WriteString("CertificateFile", peer.CertificateFile);
        writer.WriteString("CertificateKeyFile", peer.CertificateKeyFile);
        writer.WriteString("CertificateKeyPassword", peer.CertificateKeyPassword);
        writer.WriteBoolean("Pkcs11", peer.Pkcs11);
        writer.WriteNumber("Timeout", peer.Timeout);
        foreach (KeyValuePair<string, string> property in peer.UserProperties)
        {
            writer.WriteString(property.Key, property.Value);
        }

        writer.WriteEndObject();
    }

    private static void WriteHeaderNames(Utf8JsonWriter writer, PeerOptions peer)
    {
        writer.WriteStartArray();
        foreach (string header in peer.HttpHeaders.Keys.Order(StringComparer.Ordinal))
        {
            writer.WriteStringValue(header);
        }

        writer.WriteEndArray();
    }

    private static PeerOptions? FromList(ConfigurationNode list, string path, ConfigurationProblems problems)
    {
        for (int i = 0; i < list.Items.Count; i++)
        {
            if (list.Items[i].Kind != ConfigurationKind.Text)
            {
                problems.Error(list.Items[i], $"{path}[{i}]", "is of the wrong type: expected a text, \"...\"");
                return null;
            }
        }

        return Url(list.Items[0], $"{path}[0]", problems) is { } url
            ? new PeerOptions
            {
                Url = url,
                Username = list.Items.Count == 3 ? list.Items[1].Text : "",
                Password = list.Items.Count == 3 ? list.Items[2].Text : "",
            }
            : null;
    }

    private static PeerOptions? FromMap(ConfigurationNode map, string path, ConfigurationProblems problems, OptionFolders folders)
    {
        MemberReading members = new(map, path, problems);
        string key = map.Find("URL") is not null && map.Find("Url") is null ? "URL" : "Url";
        string? url = members.Demand(key) is { } urlNode ? Url(urlNode, $"{path}.{key}", problems) : null;
        members.Take("URL");
        PeerOptions peer = new()
        {
            Url = url ?? "",
            Username = members.Text("Username"),
            Password = members.Text("Password", true),
            HttpHeaders = members.Take("HttpHeaders") is { } headers ? Texts(headers, $"{path}.HttpHeaders", problems) : new Dictionary<string, string>(),
            CertificateFile = folders.Path(members.Text("CertificateFile"))!,
            CertificateKeyFile = folders.Path(members.Text("CertificateKeyFile"))!,
            CertificateKeyPassword = members.Text("CertificateKeyPassword", true),
            Pkcs11 = members.Boolean("Pkcs11", false),
            Timeout = members.Seconds("Timeout"),
            UserProperties = UserProperties(members, path, problems),
        };
        DemandFile(map, "CertificateFile", peer.CertificateFile, path, problems);
        DemandFile(map, "CertificateKeyFile", peer.CertificateKeyFile, path, problems);
        return url is null ? null : peer;
    }

    private static string? Url(ConfigurationNode node, string path, ConfigurationProblems problems)
    {
        bool isGood = node.Kind == ConfigurationKind.Text
            && Uri.TryCreate(node.Text, UriKind.Absolute, out Uri? uri)
            && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps);
        if (!isGood)
        {
            problems.Error(node, path, $"{node.Describe()} is not a URL: expected http://... or https://...");
            return null;
        }

        return node.Text.EndsWith('/') ? node.Text : node.Text + "/";
    }

    private static Dictionary<string, string> Texts(ConfigurationNode node, string path, ConfigurationProblems problems)
    {
        Dictionary<string, string> texts = new(StringComparer.Ordinal);
        if (node.Kind != ConfigurationKind.Map)
        {
            problems.Error(node, path, "is of the wrong type: expected an object of texts", ErrorCode.BadParameterType);
        }

        foreach (KeyValuePair<string, ConfigurationNode> member in node.Members)
        {
            if (member.Value.Kind == ConfigurationKind.Text && !member.Value.Text.AsSpan().ContainsAny('\r', '\n'))
            {
                texts[member.Key] = member.Value.Text;
            }
            else
            {
                problems.Error(member.Value, $"{path}.{member.Key}", "expected a text of one line, \"...\"", ErrorCode.BadParameterType);
            }
        }

        return texts;
    }

    // Orthanc keeps the texts that it does not know, for scripts; so what looks like a slip of the pen can only be warned of.
    private static Dictionary<string, string> UserProperties(MemberReading members, string path, ConfigurationProblems problems)
    {
        Dictionary<string, string> properties = new(StringComparer.Ordinal);
        string[] known = ["Url", "Username", "Password", "HttpHeaders", "CertificateFile", "CertificateKeyFile", "CertificateKeyPassword", "Pkcs11", "Timeout"];
        foreach (KeyValuePair<string, ConfigurationNode> other in members.Others())
        {
            string memberPath = $"{path}.{other.Key}";
            string near = Suggestion.Sentence(other.Key, known);
            if (other.Value.Kind != ConfigurationKind.Text)
            {
                problems.Warn(other.Value, memberPath, $"is not known and has no effect{near}");
                continue;
            }

            properties[other.Key] = other.Value.Text;
            if (near.Length > 0)
            {
                problems.Warn(other.Value, memberPath, $"is kept as a property for scripts{near}");
            }
        }

        return properties;
    }

    private static void DemandFile(ConfigurationNode map, string name, string file, string path, ConfigurationProblems problems)
    {
        if (file.Length > 0 && !File.Exists(file))
        {
            problems.Error(map.Find(name)!, $"{path}.{name}", $"the file {file} does not exist", ErrorCode.InexistentFile);
        }
    }
}
