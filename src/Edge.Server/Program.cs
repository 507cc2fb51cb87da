using Edge.Server.Commands;
using Edge.Server.Serving;

return await CommandLine.ForProcess([ServeCommand.Create(), ImportCommand.Create(), ExtractCommand.Create(), .. StoreCommands.All(), ForwardingCommand.Create(), .. BuiltInCommands.All(NativeVersions.All)]).RunAsync(args);
