using Edge.Core.Errors;
using Edge.Core.Options;

namespace Edge.Core.Configuration;

/// <summary>The rules that tie several options together, and the values that follow from others.</summary>
internal sealed class OptionRules(EdgeOptions options, ConfigurationNode root, ConfigurationProblems problems)
{
    public void Apply()
    {
        CheckUsers();
        CheckPorts();
        CheckHttps();
        CheckDicomTls();
        Normalise();
        CheckOthers();
        CheckForwarding();
    }

    // Names alone: what a rule says of DICOM tags is checked where tags are known (Edge.Engine/Forwarding).
    private void CheckForwarding()
    {
        foreach ((string name, ForwardingRuleOptions rule) in options.Forwarding.Rules)
        {
            string path = $"Edge.Forwarding.Rules.{name}.To";
            if (rule.To.FirstOrDefault(to => !IsDestination(to)) is { } unknown)
            {
                Error(path, $"\"{unknown}\" is not one of the DicomModalities or OrthancPeers{Suggestion.Sentence(unknown, Destinations)}");
            }

            if (rule.To.FirstOrDefault(to => options.Remote.DicomModalities.ContainsKey(to) && options.HttpClient.OrthancPeers.ContainsKey(to)) is { } both)
            {
                Error(path, $"\"{both}\" is one of the DicomModalities and one of the OrthancPeers: give one of them another name");
            }

            if (rule.To.Distinct(StringComparer.Ordinal).Count() != rule.To.Length)
            {
                Error(path, "names a destination twice");
            }
        }

        foreach ((string name, ForwardingDestinationOptions destination) in options.Forwarding.Destinations)
        {
            string path = $"Edge.Forwarding.Destinations.{name}";
            if (!IsDestination(name))
            {
                Error(path, $"is not one of the DicomModalities or OrthancPeers{Suggestion.Sentence(name, Destinations)}");
            }
            else if (destination.StorageCommitment && !options.Remote.DicomModalities.ContainsKey(name))
            {
                Error($"{path}.StorageCommitment", "is true, but a peer has no storage commitment: it is a service of DICOM modalities");
            }
        }

        if (options.Health.Port != 0 && ((options.Http.HttpServerEnabled && options.Health.Port == options.Http.HttpPort) || (options.Dicom.DicomServerEnabled && options.Health.Port == options.Dicom.DicomPort)))
        {
            Error("Edge.Health.Port", $"{options.Health.Port} is the HttpPort or the DicomPort too: expected another port");
        }

        if (options.Health is { Port: not 0, AuthenticationEnabled: true } && options.Security.RegisteredUsers.Count == 0 && root.Find("RegisteredUsers") is not { Members.Count: > 0 })
        {
            Error("Edge.Health.AuthenticationEnabled", "is true, but there are no RegisteredUsers");
        }
    }

    private IEnumerable<string> Destinations => options.Remote.DicomModalities.Keys.Concat(options.HttpClient.OrthancPeers.Keys);

    private bool IsDestination(string name) => options.Remote.DicomModalities.ContainsKey(name) || options.HttpClient.OrthancPeers.ContainsKey(name);

    private void CheckUsers()
    {
        SecurityOptions security = options.Security;
        if (security.IsAuthenticationDemanded && security.RegisteredUsers.Count == 0 && root.Find("RegisteredUsers") is not { Members.Count: > 0 })
        {
            string cause = security.RemoteAccessAllowed ? "RemoteAccessAllowed" : "AuthenticationEnabled";
            Error(cause, $"is true, but there are no users, and this server makes up none (Orthanc would let in orthanc/orthanc): "
                + "add \"RegisteredUsers\": { \"name\": \"...\" } with what \"edge-dicom hash-password\" prints"
                + (security.RemoteAccessAllowed ? ", or, if a proxy checks users, set \"AuthenticationEnabled\": false" : ", or set it to false"));
        }

        if (security.RemoteAccessAllowed && security.AuthenticationEnabled == false)
        {
            Warn("AuthenticationEnabled", "is false while RemoteAccessAllowed is true: whoever reaches the port has every right");
        }

        if (security.RemoteAccessAllowed && options.Scripting.ExecuteLuaEnabled)
        {
            Warn("ExecuteLuaEnabled", options.Edge.LuaSandbox
                ? "is true while RemoteAccessAllowed is true: every user can read, change and send away whatever is stored"
                : "is true while RemoteAccessAllowed is true: every user can run programs on this machine; \"Edge\": { \"LuaSandbox\": true } takes that away");
        }
    }

    private void CheckPorts()
    {
        bool bothServe = options.Http.HttpServerEnabled && options.Dicom.DicomServerEnabled;
        if (bothServe && options.Http.HttpPort == options.Dicom.DicomPort)
        {
            Error("DicomPort", $"{options.Dicom.DicomPort} is the HttpPort too: expected another port");
        }
    }

    private void CheckHttps()
    {
        SecurityOptions security = options.Security;
        if (security.SslEnabled)
        {
            DemandFile("SslCertificate", security.SslCertificate, "SslEnabled");
        }

        if (security.SslVerifyPeers)
        {
            DemandFile("SslTrustedClientCertificates", security.SslTrustedClientCertificates, "SslVerifyPeers");
        }
    }

    private void CheckDicomTls()
    {
        DicomTlsOptions tls = options.DicomTls;
        bool isClient = options.Remote.DicomModalities.Values.Any(static modality => modality.UseDicomTls);
        if (!tls.DicomTlsEnabled && !isClient)
        {
            return;
        }

        string cause = tls.DicomTlsEnabled ? "DicomTlsEnabled" : "UseDicomTls of a modality";
        DemandGiven("DicomTlsCertificate", tls.DicomTlsCertificate, cause);
        DemandGiven("DicomTlsPrivateKey", tls.DicomTlsPrivateKey, cause);
        if (tls.DicomTlsRemoteCertificateRequired || isClient)
        {
            DemandGiven("DicomTlsTrustedCertificates", tls.DicomTlsTrustedCertificates, cause);
        }
    }

    private void Normalise()
    {
        if (options.Indexing.StableAge <= 0)
        {
            options.Indexing.StableAge = 60;
        }

        if (root.Find("AcceptedTransferSyntaxes") is null)
        {
            options.Dicom.AcceptedTransferSyntaxes = DeprecatedTransferSyntaxes.Accepted(options.Dicom);
        }

        options.Storage.IndexDirectory ??= options.Storage.StorageDirectory;
        if (root.Find("DatabaseServerIdentifier") is { Kind: ConfigurationKind.Text, Text: "" })
        {
            Error("DatabaseServerIdentifier", "is empty: leave it out, or give it some text");
        }
    }

    private void CheckOthers()
    {
        if (options.Scripting.Plugins.Length > 0)
        {
            Warn("Plugins", "names native plugins, which this server does not load: what they do is built in or absent");
        }

        if (options.Security.SslEnabled && options.Security.SslMinimumProtocolVersion < 4)
        {
            Warn("SslMinimumProtocolVersion", "asks for TLS older than 1.2: TLS 1.2 is the oldest served");
        }

        if (options.DicomTls.DicomTlsMinimumProtocolVersion is 1 or 2)
        {
            Warn("DicomTlsMinimumProtocolVersion", "asks for TLS older than 1.2: TLS 1.2 is the oldest served");
        }

        if (!options.Storage.SyncStorageArea)
        {
            Warn("SyncStorageArea", "is false: a power cut may lose instances whose reception was acknowledged");
        }

        foreach ((string name, PeerOptions peer) in options.HttpClient.OrthancPeers)
        {
            if (peer.Pkcs11 && string.IsNullOrEmpty(options.Pkcs11.Module))
            {
                Error($"OrthancPeers.{name}.Pkcs11", "is true, but Pkcs11.Module is missing: expected the library of the PKCS#11 module");
            }
        }

        if (options.Worklists.Enable && string.IsNullOrEmpty(options.Worklists.Database))
        {
            Error("Worklists.Database", "is missing while Worklists.Enable is true: expected the folder of the .wl files");
        }
    }

    private void DemandGiven(string name, string? value, string cause)
    {
        if (string.IsNullOrEmpty(value) && root.Find(name) is null or { Text: "" })
        {
            Error(name, $"is missing: {cause} demands it; expected a PEM file", root.Find("DicomTlsEnabled"));
        }
    }

    private void DemandFile(string name, string file, string cause)
    {
        if (!File.Exists(file))
        {
            Error(name, $"the file {file} does not exist: {cause} demands it", root.Find(cause));
        }
    }

    private void Error(string path, string message, ConfigurationNode? otherwise = null) =>
        problems.Error(Where(path, otherwise), path, message, ErrorCode.ParameterOutOfRange);

    private void Warn(string path, string message) => problems.Warn(Where(path, null), path, message);

    private string Where(string path, ConfigurationNode? otherwise)
    {
        ConfigurationNode? at = root;
        foreach (string name in path.Split('.'))
        {
            at = at?.Find(name);
        }

        return (at ?? otherwise)?.Where ?? "";
    }
}
