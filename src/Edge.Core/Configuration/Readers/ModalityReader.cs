using System.Text.Json;
using Edge.Core.Errors;
using Edge.Core.Options;

namespace Edge.Core.Configuration.Readers;

/// <summary>The JSON forms of a modality: <c>[AET, Host, Port]</c>, <c>[AET, Host, Port, Manufacturer]</c> or an object.</summary>
public static class ModalityReader
{
    /// <summary>The greatest port Orthanc accepts for a modality.</summary>
    private const int MaximumPort = 65534;

    private static readonly Dictionary<string, ModalityManufacturer> Manufacturers = new(StringComparer.Ordinal)
    {
        ["Generic"] = ModalityManufacturer.Generic,
        ["GenericNoWildcardInDates"] = ModalityManufacturer.GenericNoWildcardInDates,
        ["GenericNoUniversalWildcard"] = ModalityManufacturer.GenericNoUniversalWildcard,
        ["Vitrea"] = ModalityManufacturer.Vitrea,
        ["GE"] = ModalityManufacturer.GE,
    };

    private static readonly Dictionary<string, ModalityManufacturer> ObsoleteManufacturers = new(StringComparer.Ordinal)
    {
        ["AgfaImpax"] = ModalityManufacturer.GenericNoWildcardInDates,
        ["SyngoVia"] = ModalityManufacturer.GenericNoWildcardInDates,
        ["EFilm2"] = ModalityManufacturer.Generic,
        ["MedInria"] = ModalityManufacturer.Generic,
        ["ClearCanvas"] = ModalityManufacturer.Generic,
        ["Dcm4Chee"] = ModalityManufacturer.Generic,
    };

    /// <summary>Whether a modality may have that name: letters, digits, <c>-</c> and <c>_</c>.</summary>
    public static bool IsGoodName(string name) => name.Length > 0 && name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');

    /// <summary>Reads the body of <c>PUT /modalities/{name}</c>.</summary>
    /// <exception cref="EdgeException">With the code and the text of the first thing that is wrong.</exception>
    public static ModalityOptions Parse(string name, ReadOnlySpan<byte> utf8)
    {
        ConfigurationProblems problems = new();
        ModalityOptions? modality = ConfigurationParser.Parse(utf8, "", problems) is { } node ? Read(name, node, name, problems) : null;
        return problems.FirstError is { } error ? throw new EdgeException(error.Code, error.ToString()) : modality!;
    }

    /// <summary>Reads one modality; null if something is wrong with it.</summary>
    public static ModalityOptions? Read(string name, ConfigurationNode node, string path, ConfigurationProblems problems)
    {
        if (!IsGoodName(name))
        {
            problems.Error(node, path, $"\"{name}\" is not a name for a modality: expected letters, digits, - and _");
            return null;
        }

        switch (node.Kind)
        {
            case ConfigurationKind.List when node.Items.Count is 3 or 4:
                return FromList(node, path, problems);
            case ConfigurationKind.Map:
                return FromMap(node, path, problems);
            default:
                string found = node.Kind == ConfigurationKind.List ? $"a list of {node.Items.Count}" : node.Describe();
                problems.Error(node, path, $"{found}: expected [ AET, host, port ], [ AET, host, port, manufacturer ] or an object");
                return null;
        }
    }

    /// <summary>Writes the full object, keys in alphabetical order, as <c>GET /modalities/{name}/configuration</c> answers.</summary>
    public static void Write(Utf8JsonWriter writer, ModalityOptions modality)
    {
        writer.WriteStartObject();
        writer.WriteString("AET", modality.Aet);
        writer.WriteBoolean("AllowEcho", modality.AllowEcho);
        writer.WriteBoolean("AllowEventReport", modality.AllowEventReport);
        writer.WriteBoolean("AllowFind", modality.AllowFind);
        writer.WriteBoolean("AllowFindWorklist", modality.AllowFindWorklist);
        writer.WriteBoolean("AllowGet", modality.AllowGet);
        writer.WriteBoolean("AllowMove", modality.AllowMove);
        writer.WriteBoolean("AllowNAction", modality.AllowNAction);
        writer.WriteBoolean("AllowStore", modality.AllowStore);
        writer.WriteBoolean("AllowTranscoding", modality.AllowTranscoding);
        writer.WriteString("Host", modality.Host);
        writer.WriteString("LocalAet", modality.LocalAet);
        writer.WriteString("Manufacturer", Name(modality.Manufacturer));
        writer.WriteNumber("Port", modality.Port);
        writer.WriteString("RetrieveMethod", Name(modality.RetrieveMethod));
        writer.WriteNumber("Timeout", modality.Timeout);
        writer.WriteBoolean("UseDicomTls", modality.UseDicomTls);
        writer.WriteEndObject();
    }

    /// <summary>The text of a retrieve method in JSON.</summary>
    public static string Name(RetrieveMethod method) => method switch
    {
        RetrieveMethod.CMove => "C-MOVE",
        RetrieveMethod.CGet => "C-GET",
        _ => "SystemDefault",
    };

    /// <summary>The retrieve method of that text, or null.</summary>
    public static RetrieveMethod? ParseRetrieveMethod(string text) => text switch
    {
        "C-MOVE" => RetrieveMethod.CMove,
        "C-GET" => RetrieveMethod.CGet,
        "SystemDefault" => RetrieveMethod.SystemDefault,
        _ => null,
    };

    private static string Name(ModalityManufacturer manufacturer) => Manufacturers.First(entry => entry.Value == manufacturer).Key;

    private static ModalityOptions? FromList(ConfigurationNode list, string path, ConfigurationProblems problems)
    {
        string? aet = Aet(list.Items[0], $"{path}[0]", problems);
        string? host = Host(list.Items[1], $"{path}[1]", problems);
        int? port = Port(list.Items[2], $"{path}[2]", problems);
        ModalityManufacturer? manufacturer = list.Items.Count == 4 ? Manufacturer(list.Items[3], $"{path}[3]", problems) : ModalityManufacturer.Generic;
        return aet is null || host is null || port is null || manufacturer is null
            ? null
            : new ModalityOptions { Aet = aet, Host = host, Port = port.Value, Manufacturer = manufacturer.Value };
    }

    private static ModalityOptions? FromMap(ConfigurationNode map, string path, ConfigurationProblems problems)
    {
        MemberReading members = new(map, path, problems);
        string? aet = members.Demand("AET") is { } aetNode ? Aet(aetNode, $"{path}.AET", problems) : null;
        string? host = members.Demand("Host") is { } hostNode ? Host(hostNode, $"{path}.Host", problems) : null;
        int? port = members.Demand("Port") is { } portNode ? Port(portNode, $"{path}.Port", problems) : null;
        ModalityManufacturer? manufacturer = members.Take("Manufacturer") is { } manufacturerNode
            ? Manufacturer(manufacturerNode, $"{path}.Manufacturer", problems)
            : ModalityManufacturer.Generic;
        bool commitment = members.Boolean("AllowStorageCommitment", true);
        ModalityOptions modality = new()
        {
            Aet = aet ?? "",
            Host = host ?? "",
            Port = port ?? 0,
            Manufacturer = manufacturer ?? default,
            AllowEcho = members.Boolean("AllowEcho", true),
            AllowFind = members.Boolean("AllowFind", true),
            AllowFindWorklist = members.Boolean("AllowFindWorklist", true),
            AllowGet = members.Boolean("AllowGet", true),
            AllowMove = members.Boolean("AllowMove", true),
            AllowStore = members.Boolean("AllowStore", true),
            AllowNAction = members.Boolean("AllowNAction", commitment),
            AllowEventReport = members.Boolean("AllowEventReport", commitment),
            AllowTranscoding = members.Boolean("AllowTranscoding", true),
            UseDicomTls = members.Boolean("UseDicomTls", false),
            LocalAet = LocalAet(members, path, problems),
            Timeout = members.Seconds("Timeout"),
            RetrieveMethod = Method(members, path, problems),
        };
        members.WarnOfOthers();
        return aet is null || host is null || port is null || manufacturer is null ? null : modality;
    }

    private static string? Aet(ConfigurationNode node, string path, ConfigurationProblems problems)
    {
        if (node.Kind != ConfigurationKind.Text)
        {
            problems.Error(node, path, $"{node.Describe()}: expected an application entity title, \"...\"");
            return null;
        }

        if (DicomText.FaultOfApplicationEntity(node.Text) is { } fault)
        {
            problems.Error(node, path, $"{node.Describe()}: {fault}", ErrorCode.BadApplicationEntityTitle);
            return null;
        }

        return node.Text;
    }

    private static string? Host(ConfigurationNode node, string path, ConfigurationProblems problems)
    {
        if (node.Kind == ConfigurationKind.Text && node.Text.Length > 0 && !node.Text.Any(static c => c <= ' ' || c == '/'))
        {
            return node.Text;
        }

        problems.Error(node, path, $"{node.Describe()}: expected a host name or an IP address");
        return null;
    }

    private static int? Port(ConfigurationNode node, string path, ConfigurationProblems problems)
    {
        bool isNumber = node.Kind is ConfigurationKind.Number or ConfigurationKind.Text && NumberText.TryInteger(node.Text, out _);
        if (isNumber && NumberText.TryInteger(node.Text, out long port) && port is >= 1 and <= MaximumPort)
        {
            return (int)port;
        }

        ErrorCode code = isNumber ? ErrorCode.ParameterOutOfRange : ErrorCode.BadFileFormat;
        problems.Error(node, path, $"{node.Describe()} is not a port: expected an integer from 1 to {MaximumPort}", code);
        return null;
    }

    private static ModalityManufacturer? Manufacturer(ConfigurationNode node, string path, ConfigurationProblems problems)
    {
        if (Manufacturers.TryGetValue(node.Text, out ModalityManufacturer manufacturer))
        {
            return manufacturer;
        }

        if (ObsoleteManufacturers.TryGetValue(node.Text, out manufacturer))
        {
            problems.Warn(node, path, $"{node.Describe()} is obsolete: use \"{Name(manufacturer)}\"");
            return manufacturer;
        }

        string near = Suggestion.Sentence(node.Text, Manufacturers.Keys);
        problems.Error(node, path, $"{node.Describe()} is not known: expected one of {string.Join(", ", Manufacturers.Keys)}{near}", ErrorCode.ParameterOutOfRange);
        return null;
    }

    private static string LocalAet(MemberReading members, string path, ConfigurationProblems problems) =>
        members.Take("LocalAet") is { } node && !(node.Kind == ConfigurationKind.Text && node.Text.Length == 0)
            ? Aet(node, $"{path}.LocalAet", problems) ?? ""
            : "";

    private static RetrieveMethod Method(MemberReading members, string path, ConfigurationProblems problems)
    {
        if (members.Take("RetrieveMethod") is not { } node)
        {
            return RetrieveMethod.SystemDefault;
        }

        if (ParseRetrieveMethod(node.Text) is { } method)
        {
            return method;
        }

        problems.Error(node, $"{path}.RetrieveMethod", $"{node.Describe()} is not known: expected one of C-MOVE, C-GET, SystemDefault", ErrorCode.ParameterOutOfRange);
        return RetrieveMethod.SystemDefault;
    }
}
